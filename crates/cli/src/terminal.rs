//! Text for people: colours, marks, lines of 100 columns on a terminal, progress bars.
//!
//! The only file that names `anstyle`, `indicatif` and `rustix`.

#[cfg(unix)]
use std::thread;
use std::{
    env, fmt,
    future::pending,
    io::{self, IsTerminal as _, Write as _, stderr, stdout},
    time::Duration,
};

use anstyle::{AnsiColor, Color};
use indicatif::ProgressStyle;
#[cfg(unix)]
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use tokio::sync::oneshot;

pub(crate) use anstyle::Style;
pub use indicatif::ProgressBar;

/// Widest line on a terminal.
pub(crate) const WIDTH: usize = 100;

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = coloured(AnsiColor::Green);
pub(crate) const YELLOW: Style = coloured(AnsiColor::Yellow);
pub(crate) const RED: Style = coloured(AnsiColor::Red);
const CYAN: Style = coloured(AnsiColor::Cyan);

/// Style of all text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Uses colours.
    pub colour: bool,
    /// Fits 100 columns, with shortened message ids. Otherwise nothing is wrapped or shortened.
    pub fit: bool,
}

impl Look {
    /// Look for a pipe or a file.
    pub const PLAIN: Self = Self { colour: false, fit: false };

    /// Fits a terminal, and colours it unless `NO_COLOR` or a dumb terminal forbids it.
    pub fn of_stdout() -> Self {
        Self::of(stdout().is_terminal())
    }

    /// The same for standard error.
    pub fn of_stderr() -> Self {
        Self::of(stderr().is_terminal())
    }

    fn of(terminal: bool) -> Self {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { colour: terminal && !is_set("NO_COLOR") && !is_dumb, fit: terminal }
    }

    /// Adds this style to a text, if colours are on.
    pub(crate) fn paint(self, text: &str, style: Style) -> String {
        if self.colour && !text.is_empty() && style != PLAIN {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Formats the mark, bold in its colour.
    pub(crate) fn mark(self, mark: Mark) -> String {
        self.paint(mark.symbol(), mark.style().bold())
    }

    /// Cuts a text into lines that leave `indent` columns free. Without `fit`, there is one line.
    pub(crate) fn wrap(self, text: &str, indent: usize) -> Vec<String> {
        wrap(text, if self.fit { WIDTH.saturating_sub(indent) } else { usize::MAX })
    }
}

/// Sign in front of a line. Displays as its symbol, without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Passed,
    Failed,
    /// Passed, with a finding that needs attention.
    Noted,
    Unknown,
    NotReached,
}

impl Mark {
    pub(crate) const fn of(ok: bool) -> Self {
        if ok { Self::Passed } else { Self::Failed }
    }

    pub(crate) const fn style(self) -> Style {
        match self {
            Self::Passed => GREEN,
            Self::Failed => RED,
            Self::Noted => YELLOW,
            Self::Unknown => CYAN,
            Self::NotReached => DIM,
        }
    }

    const fn symbol(self) -> &'static str {
        match self {
            Self::Passed => "✓",
            Self::Failed => "✗",
            Self::Noted => "!",
            Self::Unknown => "?",
            Self::NotReached => "·",
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.symbol())
    }
}

/// Cuts a text into lines of at most this many characters, after a blank or punctuation if possible.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive([' ', '.', '-', '_', ',']) {
        let fits = |line: &String| line.chars().count() + word.trim_end().chars().count() <= width;
        if !lines.last().is_some_and(fits) {
            lines.push(String::new());
        }
        for c in word.chars() {
            if lines.last().is_some_and(|line| line.chars().count() >= width.max(1) && c != ' ') {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
        }
    }
    let mut lines: Vec<_> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
    lines.retain(|line| !line.is_empty());
    lines
}

/// Replaces control characters of a word, because a terminal would obey them.
pub(crate) fn printable(word: &str) -> String {
    word.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Formats a table, whose columns are as wide as their widest cell.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// `1 event`, `2 events`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Writes to standard output. A reader that closes early, such as `head`, is not an error.
///
/// # Errors
/// Standard output fails in another way.
pub fn print(text: &str) -> io::Result<()> {
    match stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes one line to standard error, in the form of all warnings and errors.
pub fn warn(text: impl fmt::Display) {
    print_error(&format!("prelude: {text}\n"));
}

/// Writes to standard error. Nobody can be warned of its failure.
pub fn print_error(text: &str) {
    drop(stderr().write_all(text.as_bytes()));
}

/// Waits until nobody reads standard output any more. Never ends if it is a file or a terminal.
///
/// A server writes rarely, so it would not notice a closed pipe by writing.
#[cfg(unix)]
pub async fn output_closed() {
    let (closed, notice) = oneshot::channel();
    // A thread, because tokio waits only for descriptors that it may set to non-blocking.
    thread::spawn(move || {
        let output = stdout();
        // Asks for no event: the system reports a closed reader always.
        let mut watched = [PollFd::new(&output, PollFlags::empty())];
        while poll(&mut watched, None) == Err(Errno::INTR) {}
        closed.send(()).ok();
    });
    if notice.await.is_err() {
        pending::<()>().await;
    }
}

/// Never ends on this system.
#[cfg(not(unix))]
pub async fn output_closed() {
    pending::<()>().await;
}

/// A progress bar on standard error, drawn only on a terminal.
pub fn progress(length: usize, template: &str) -> ProgressBar {
    styled(ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX)), template)
}

/// A progress bar of unknown length, which moves.
pub fn open_progress(verb: &'static str) -> ProgressBar {
    let bar = styled(ProgressBar::no_length(), "{msg} {wide_bar} {pos} of about {len}").with_message(verb);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

const fn coloured(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}
