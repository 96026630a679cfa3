//! Text for people: colours, marks, lines of 100 columns on a terminal, progress bars.
//!
//! The only file that names `anstyle` and `indicatif`.

use std::{
    env, fmt,
    io::{self, IsTerminal as _, Write as _, stdout},
    time::Duration,
};

use anstyle::{AnsiColor, Color};
use indicatif::ProgressStyle;

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

/// How text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// In 100 columns, with shortened message ids. Otherwise nothing is wrapped or left out.
    pub fit: bool,
}

impl Look {
    /// For a pipe or a file.
    pub const PLAIN: Self = Self { colour: false, fit: false };

    /// Fits a terminal, and colours it unless `NO_COLOR` or a dumb terminal forbids it.
    pub fn of_stdout() -> Self {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = stdout().is_terminal();
        Self { colour: terminal && !is_set("NO_COLOR") && !is_dumb, fit: terminal }
    }

    /// The text in this style where colours are wanted.
    pub(crate) fn paint(self, text: &str, style: Style) -> String {
        if self.colour && !text.is_empty() && style != PLAIN {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// The mark, bold in its colour.
    pub(crate) fn mark(self, mark: Mark) -> String {
        self.paint(mark.symbol(), mark.style().bold())
    }

    /// Lines that leave `indent` columns of a terminal free; one line where nothing is fitted.
    pub(crate) fn wrap(self, text: &str, indent: usize) -> Vec<String> {
        wrap(text, if self.fit { WIDTH.saturating_sub(indent) } else { usize::MAX })
    }
}

/// The sign in front of a line. Displays as its symbol, without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Passed,
    Failed,
    /// Works, and deserves a look.
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

/// Cuts a text into lines of at most this many characters, after a blank or punctuation where there is one.
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

/// A stranger's word for a terminal, without the characters that command it.
pub(crate) fn printable(word: &str) -> String {
    word.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// `1 event`, `2 events`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Writes to standard output. A reader that has seen enough, such as `head`, is not an error.
///
/// # Errors
/// Standard output fails in another way.
pub fn print(text: &str) -> io::Result<()> {
    match stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A progress bar on standard error, drawn only on a terminal.
pub fn progress(length: usize, template: &str) -> ProgressBar {
    styled(ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX)), template)
}

/// A progress bar that moves while its length is not known.
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
