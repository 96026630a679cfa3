//! Problems of a configuration: each names its variable.

use std::{borrow::Cow, fmt};

/// One problem, and the variable to change. The text never repeats a key or a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable's name.
    pub variable: Cow<'static, str>,
    /// The rest of a sentence that starts with the name.
    pub message: String,
}

/// Every problem of an unusable configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<Problem>);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.message)
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} configuration problem(s)", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl std::error::Error for ConfigErrors {}

/// Problems found so far. Reading continues after each, so that all are reported at once.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, variable: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.0.push(Problem { variable: variable.into(), message: message.into() });
    }

    /// The value; an error becomes a problem.
    pub(super) fn keep<T, E: fmt::Display>(
        &mut self,
        variable: &'static str,
        result: Result<T, E>,
    ) -> Option<T> {
        result.map_err(|error| self.add(variable, error.to_string())).ok()
    }
}
