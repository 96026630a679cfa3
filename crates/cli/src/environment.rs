//! Settings that a command reads like the function: from the environment, or from a file instead.

mod lines;

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use prelude_webhooks::config::{Config, ConfigErrors, trim};
use serde::de::IgnoredAny;

use self::lines::LinesError;

/// Variables with their values as the function reads them: without blanks around them, and `None` for a value that is
/// not UTF-8.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: Vec<(String, Option<String>)>,
    is_of_file: bool,
}

impl Environment {
    /// Reads the variables of a file such as `events/.env`, or of this process if there is no file.
    ///
    /// # Errors
    /// The file cannot be read. The text repeats no line of it.
    pub fn read(env_file: Option<&Path>) -> Result<Self, EnvironmentError> {
        env_file.map_or_else(|| Ok(Self::of_process()), Self::of_file)
    }

    /// Reads the variables of this process.
    pub fn of_process() -> Self {
        let variables = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())));
        Self::new(variables, false)
    }

    /// Reads the variables of a file.
    ///
    /// # Errors
    /// The file cannot be read. The text repeats no line of it.
    pub fn of_file(path: &Path) -> Result<Self, EnvironmentError> {
        let unreadable = |error| EnvironmentError::Unreadable(path.to_owned(), error);
        let content = fs::read(path).map_err(unreadable)?;
        let variables = lines::variables(&content).map_err(|error| match error {
            LinesError::Unreadable(error) => unreadable(error),
            LinesError::NotASetting { line } => EnvironmentError::NotASetting { path: path.to_owned(), line },
        })?;
        if let Some((name, _)) = variables.iter().find(|(name, value)| is_unquoted_json(name, value)) {
            return Err(EnvironmentError::Unquoted { path: path.to_owned(), name: name.clone() });
        }
        Ok(Self::of_variables(variables))
    }

    /// Takes these variables as if from a file.
    pub fn of_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::new(variables.into_iter().map(|(name, value)| (name, Some(value))), true)
    }

    fn new(variables: impl Iterator<Item = (String, Option<String>)>, is_of_file: bool) -> Self {
        let trimmed = variables.map(|(name, value)| (name, value.map(|value| trim(&value).to_owned())));
        Self { variables: trimmed.collect(), is_of_file }
    }

    /// Reports whether the variables come from a file, so that all of them are the function's.
    pub const fn is_of_file(&self) -> bool {
        self.is_of_file
    }

    /// Sets a variable, and replaces its value.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.to_owned(), Some(value.into())));
    }

    /// Value of a variable. The last one counts if it is set twice, as in the function.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().rfind(|(other, _)| other == name).and_then(|(_, value)| value.as_deref())
    }

    /// Value of a variable, unless it is empty, which counts as unset.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.variable(name).filter(|text| !text.is_empty())
    }

    /// Variables with their values.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
    }

    /// Variables with their values. The last one counts if a variable is set twice.
    pub fn into_texts(self) -> BTreeMap<String, String> {
        self.variables.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Reads the receiver's configuration like the function.
    ///
    /// # Errors
    /// The configuration has problems. The text is one sentence with all of them.
    pub fn config(&self) -> Result<Config, EnvironmentError> {
        self.config_with(&[])
    }

    /// Reads the receiver's configuration like the function. A default stands for a variable that is unset or empty, and is
    /// not a setting by itself.
    ///
    /// # Errors
    /// There is no setting, or the configuration has problems. The text is one sentence with all of them.
    pub fn config_with(&self, defaults: &[(&str, &str)]) -> Result<Config, EnvironmentError> {
        if !self.is_of_file && !self.texts().any(|(name, text)| is_setting(name) && !text.is_empty()) {
            return Err(EnvironmentError::NoSettings);
        }
        let defaults = defaults.iter().filter(|(name, _)| self.text(name).is_none());
        let defaults = defaults.map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())));
        Config::read(self.variables.iter().cloned().chain(defaults), |path| fs::read_to_string(path))
            .map_err(EnvironmentError::Config)
    }
}

fn is_setting(name: &str) -> bool {
    name.starts_with("PRELUDE_") && !name.starts_with("PRELUDE_CLI_")
}

/// Reports whether a setting's value is JSON without its double quotes, which readers of such files remove.
fn is_unquoted_json(name: &str, value: &str) -> bool {
    let value = value.trim();
    is_setting(name)
        && value.starts_with(['[', '{'])
        && !value.contains('"')
        && serde_json::from_str::<IgnoredAny>(value).is_err()
}

/// Fault of the settings.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The file cannot be read.
    #[error("{} cannot be read ({}): name a file of NAME=value lines with --env-file", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
    /// A line of the file is not a setting.
    #[error(
        "{}, line {line} is not a setting: expected NAME=value, with '…' around all of a value that holds spaces, quotes or line ends",
        path.display()
    )]
    NotASetting {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
    },
    /// The value of a line lost the quotes of its JSON, because nothing protects them.
    #[error("{}: the JSON of {name} has lost its quotes: write {name}='…' around it", path.display())]
    Unquoted {
        /// The file.
        path: PathBuf,
        /// Name of the variable.
        name: String,
    },
    /// Neither the environment nor a file has a setting.
    #[error("no setting of a receiver is in the environment: name a file of settings with --env-file")]
    NoSettings,
    /// The receiver would not start with these settings.
    #[error("the receiver would not start: {}", one_sentence(.0))]
    Config(ConfigErrors),
}

fn one_sentence(errors: &ConfigErrors) -> String {
    errors.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
