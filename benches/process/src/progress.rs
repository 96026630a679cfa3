//! Progress on standard error: one line that changes on a terminal, plain lines in a pipe.

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// Steps of a run.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Progress of this many steps.
    pub(crate) fn new(steps: usize) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{pos}/{len} {wide_msg} {elapsed}");
            let bar = ProgressBar::new(steps.try_into().unwrap_or(u64::MAX))
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        Self { bar }
    }

    /// Begins the next step.
    pub(crate) fn step(&self, text: &str) {
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                bar.set_message(text.to_owned());
            }
            None => print_line(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Writes a line to standard error. Nobody can be warned of its failure.
pub(crate) fn print_line(text: &str) {
    drop(stderr().write_all(format!("{text}\n").as_bytes()));
}
