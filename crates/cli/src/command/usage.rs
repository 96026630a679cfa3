//! Errors of the command line: clap's own, and those that only a command can find.

use std::{error::Error, process::ExitCode};

use prelude_cli::terminal::{Look, print_error, warn};

/// Exit code of a wrong command line.
pub(crate) const WRONG_COMMAND_LINE: u8 = 2;

/// Flag or argument whose value does not fit, found after parsing. The text names both.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(String);

impl Usage {
    /// Error as a command's result.
    pub(crate) fn error<T>(text: impl Into<String>) -> Result<T, Box<dyn Error>> {
        Err(Box::new(Self(text.into())))
    }
}

/// Prints clap's help or error, the error in the form of all errors.
pub(crate) fn answer(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Colours as clap chooses them. A closed pipe is not an error.
        let _closed = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render();
    let text = if Look::of_stderr().colour { text.ansi().to_string() } else { text.to_string() };
    // clap's label is the only part that differs from other errors.
    print_error(&text.replacen("error:", "prelude:", 1));
    ExitCode::from(WRONG_COMMAND_LINE)
}

/// Prints the error of a command.
pub(crate) fn failure(error: &(dyn Error + 'static)) -> ExitCode {
    warn(error);
    if error.is::<Usage>() { ExitCode::from(WRONG_COMMAND_LINE) } else { ExitCode::FAILURE }
}
