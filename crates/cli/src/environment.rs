//! Settings that a command reads like the function: from the environment, or from a file instead.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use prelude_webhooks::config::{Config, ConfigErrors, trim};
use serde::de::IgnoredAny;

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
        let failed = |error| match error {
            dotenvy::Error::Io(error) => EnvironmentError::Unreadable(path.to_owned(), error),
            // The error's text would repeat the line.
            _ => EnvironmentError::NotAnEnvFile(path.to_owned()),
        };
        let variables = dotenvy::from_path_iter(path).map_err(failed)?;
        let variables = variables.collect::<Result<Vec<_>, _>>().map_err(failed)?;
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

    /// Sets a variable that is unset or empty.
    pub fn set_default(&mut self, name: &str, value: impl Into<String>) {
        if self.variable(name).is_none_or(str::is_empty) {
            self.set(name, value);
        }
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
        if !self.is_of_file && !self.texts().any(|(name, text)| is_setting(name) && !text.is_empty()) {
            return Err(EnvironmentError::NoSettings);
        }
        Config::read(self.variables.iter().cloned(), |path| fs::read_to_string(path))
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
    #[error("{} has a line that is not NAME=value: write '…' around a value that holds spaces or quotes", .0.display())]
    NotAnEnvFile(PathBuf),
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
mod tests {
    use prelude_local::env_file::env_file;

    use super::*;
    use prelude_local::prelude::samples;

    #[test]
    fn an_env_file_takes_the_place_of_the_process() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/.env");
        let environment = Environment::read(Some(&path)).unwrap();
        for (name, value) in samples::environment().unwrap() {
            assert_eq!(environment.variable(&name), Some(value.as_str()), "{name}");
        }
        assert_eq!(environment.variable("PATH"), None);
        assert!(Environment::read(None).unwrap().variable("PATH").is_some());
        assert_eq!(environment.config().unwrap().apps.len(), 2);
    }

    #[test]
    fn problems_are_one_sentence_without_a_value() {
        let path = env::temp_dir().join(format!("prelude-env-{}", std::process::id()));
        for (text, expected) in [
            ("a b c s3cret", "has a line that is not NAME=value"),
            (
                "PRELUDE_APPS=[{\"app_id\":\"s3cret\"}]\n",
                "the JSON of PRELUDE_APPS has lost its quotes: write PRELUDE_APPS='…'",
            ),
            (
                "PRELUDE_APPS=s3cret\n",
                "the receiver would not start: PRELUDE_APPS is not JSON (line 1, column 1); ",
            ),
        ] {
            fs::write(&path, text).unwrap();
            let error =
                Environment::read(Some(&path)).and_then(|e| e.config().map(drop)).unwrap_err().to_string();
            assert!(
                error.contains(expected) && !error.contains("s3cret") && !error.contains('\n'),
                "{error}"
            );
        }
        fs::remove_file(&path).unwrap();
        let error = Environment::read(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("cannot be read"), "{error}");
    }

    #[test]
    fn a_value_is_read_without_the_blanks_around_it_however_the_file_writes_it() {
        let path = env::temp_dir().join(format!("prelude-blanks-{}", std::process::id()));
        let apps = r#"[{"app_id":"a","verification_token":"it's $HOME"},
            {"app_id":"b","verification_token":"t","public_keys":[]}]"#;
        // Quoted by jq's `@sh`, by this tool, and with escaped line ends between single quotes.
        let shell = format!("A='{}\n'\nB='1'\n", apps.replace('\'', r"'\''"));
        let own = env_file([("A", format!(" {apps}\r\n\n")), ("B", "1\n".to_owned())]);
        let escaped = format!("A='{}\\n'\nB='1\\r\\n'\n", apps.replace('\'', "").replace('\n', " "));
        for (text, expected) in [
            (shell, apps.to_owned()),
            (own, apps.to_owned()),
            (escaped, apps.replace('\'', "").replace('\n', " ")),
        ] {
            fs::write(&path, &text).unwrap();
            let environment = Environment::of_file(&path).unwrap();
            let read: Vec<_> = environment.texts().collect();
            assert_eq!(read, [("A", &*expected), ("B", "1")], "{text}");
        }
        fs::remove_file(&path).unwrap();
        let blank = Environment::of_variables([("A".into(), " \\n\n".into())]);
        assert_eq!(blank.text("A"), None);
    }

    #[test]
    fn a_default_gives_way() {
        let mut environment = Environment::of_variables([("A".into(), String::new())]);
        environment.set_default("A", "1");
        environment.set_default("A", "2");
        assert_eq!(environment.variable("A"), Some("1"));
        assert_eq!(
            Environment::of_variables([("A".into(), "1".into()), ("A".into(), String::new())]).text("A"),
            None
        );
        environment.set("A", "3");
        assert_eq!((environment.variable("A"), environment.variables.len()), (Some("3"), 1));
    }
}
