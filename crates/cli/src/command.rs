//! The commands, one file each.

pub(crate) mod activate;
mod arguments;
pub(crate) mod completions;
pub(crate) mod conform;
pub(crate) mod demo;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod load;
pub(crate) mod parked;
pub(crate) mod redrive;
pub(crate) mod samples;
pub(crate) mod sign;
pub(crate) mod sqs;
pub(crate) mod trigger;
pub(crate) mod verify;

use std::io::{self, Write as _};

use indicatif::{ProgressBar, ProgressStyle};

/// On standard error, and only where that is a terminal.
fn progress(length: Option<usize>, template: &str) -> ProgressBar {
    let bar = match length {
        Some(length) => ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX)),
        None => ProgressBar::no_length(),
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Writes to standard output; a reader that has seen enough, such as `head`, is no error.
fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
