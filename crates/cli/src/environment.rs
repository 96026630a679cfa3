//! The settings that a command looks at as the function would: of this process, or of a file in their place.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use prelude_webhooks::config::{Config, ConfigErrors, trim};

/// Variables with their values, as the function takes them: without blanks around them, and `None` for one that is not
/// UTF-8.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: Vec<(String, Option<String>)>,
    is_of_file: bool,
}

impl Environment {
    /// The variables of a file such as `events/.env` and of no other place; without one, of this process.
    ///
    /// # Errors
    /// The file can not be read. The text repeats none of its lines.
    pub fn read(env_file: Option<&Path>) -> Result<Self, EnvironmentError> {
        env_file.map_or_else(|| Ok(Self::of_process()), Self::of_file)
    }

    /// The variables of this process.
    pub fn of_process() -> Self {
        let variables = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())));
        Self::new(variables, false)
    }

    /// The variables of a file.
    ///
    /// # Errors
    /// The file can not be read. The text repeats none of its lines.
    pub fn of_file(path: &Path) -> Result<Self, EnvironmentError> {
        let failed = |error| match error {
            dotenvy::Error::Io(error) => EnvironmentError::Unreadable(path.to_owned(), error),
            // Its text would repeat the line.
            _ => EnvironmentError::NotAnEnvFile(path.to_owned()),
        };
        let variables = dotenvy::from_path_iter(path).map_err(failed)?;
        variables.collect::<Result<Vec<_>, _>>().map(Self::of_variables).map_err(failed)
    }

    /// These variables and no others, as a file would have them.
    pub fn of_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self::new(variables.into_iter().map(|(name, value)| (name, Some(value))), true)
    }

    fn new(variables: impl Iterator<Item = (String, Option<String>)>, is_of_file: bool) -> Self {
        let trimmed = variables.map(|(name, value)| (name, value.map(|value| trim(&value).to_owned())));
        Self { variables: trimmed.collect(), is_of_file }
    }

    /// Whether the variables are a file's, so that each is one of the function's.
    pub const fn is_of_file(&self) -> bool {
        self.is_of_file
    }

    /// Sets a variable, in place of what it had.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.retain(|(other, _)| other != name);
        self.variables.push((name.to_owned(), Some(value.into())));
    }

    /// Sets a variable that is not set, or empty.
    pub fn set_default(&mut self, name: &str, value: impl Into<String>) {
        if self.variable(name).is_none_or(str::is_empty) {
            self.set(name, value);
        }
    }

    /// A variable's value; the last one where it is set twice, as the function takes it.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().rfind(|(other, _)| other == name).and_then(|(_, value)| value.as_deref())
    }

    /// A variable's value, unless it is empty, which is unset.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.variable(name).filter(|text| !text.is_empty())
    }

    /// All variables with their values.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
    }

    /// All variables with their values; the last one where a variable is set twice.
    pub fn into_texts(self) -> BTreeMap<String, String> {
        self.variables.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The receiver's configuration, read as the function reads it.
    ///
    /// # Errors
    /// Every problem, in one sentence.
    pub fn config(&self) -> Result<Config, EnvironmentError> {
        Config::read(self.variables.iter().cloned(), |path| fs::read_to_string(path))
            .map_err(EnvironmentError::Config)
    }
}

/// The settings can not be used.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The env file can not be read.
    #[error("{} can not be read ({}): name a file of NAME=value lines with --env-file", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
    /// A line of it is no setting.
    #[error("{} has a line that is not NAME=value: quote values with spaces or quotes in them by '…'", .0.display())]
    NotAnEnvFile(PathBuf),
    /// The receiver would not start with them.
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
        assert_eq!(environment.config().unwrap().apps.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told_in_one_sentence_without_a_value() {
        let path = env::temp_dir().join(format!("prelude-env-{}", std::process::id()));
        for (text, told) in [
            ("a b c s3cret", "has a line that is not NAME=value"),
            (
                "PRELUDE_APPS=s3cret\n",
                "the receiver would not start: PRELUDE_APPS is not JSON (line 1, column 1); ",
            ),
        ] {
            fs::write(&path, text).unwrap();
            let error =
                Environment::read(Some(&path)).and_then(|e| e.config().map(drop)).unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains("s3cret") && !error.contains('\n'), "{error}");
        }
        fs::remove_file(&path).unwrap();
        let error = Environment::read(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("can not be read"), "{error}");
    }

    #[test]
    fn a_value_is_read_without_the_blanks_around_it_however_the_file_writes_it() {
        let path = env::temp_dir().join(format!("prelude-blanks-{}", std::process::id()));
        let apps = r#"[{"app_id":"a","verification_token":"it's $HOME"},
            {"app_id":"b","verification_token":"t","public_keys":[]}]"#;
        // As jq's `@sh` writes it, as this tool does, and with line ends that are escaped between single quotes.
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
