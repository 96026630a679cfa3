//! The table: aligned, coloured only where that is wanted, 100 columns wide on a terminal.

use std::{
    env,
    io::{IsTerminal as _, stdout},
};

use anstyle::{AnsiColor, Style};

use super::{Kind, Report, Row};

/// The widest that a table on a terminal gets.
pub(crate) const WIDTH: usize = 100;
/// Between two columns.
const GAP: usize = 2;
/// What is shown of a message id on a terminal.
const SHORT_ID: usize = 8;

/// How a table is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// In 100 columns, with shortened message ids; else as wide as it needs, with nothing left out.
    pub fit: bool,
}

impl Look {
    /// For a pipe or a file.
    pub const PLAIN: Self = Self { colour: false, fit: false };

    /// What suits standard output: fitted on a terminal, and coloured unless `NO_COLOR` or a dumb terminal forbid it.
    pub fn of_stdout() -> Self {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = stdout().is_terminal();
        Self { colour: terminal && !is_set("NO_COLOR") && !is_dumb, fit: terminal }
    }
}

/// The table and its closing line, with a line end after each line.
pub(super) fn render(report: &Report, look: Look) -> String {
    let lines: Vec<_> = report.rows.iter().map(|row| Cells::of(row, report, look)).collect();
    let headings = Cells {
        sent: "SENT".to_owned(),
        answer: "ANSWER".to_owned(),
        queue: "QUEUE OR REASON".to_owned(),
        messages: vec!["MESSAGE".to_owned()],
    };
    let widths = Widths::of(lines.iter().chain([&headings]), look);
    let mut table = format!("Queue names without their prefix `{}`.\n\n", report.queue_prefix);
    headings.draw(&mut table, widths, look, [Style::new().bold(); 5], " ");
    for (row, cells) in report.rows.iter().zip(&lines) {
        let (mark, colour) = if row.ok { ("✓", AnsiColor::Green) } else { ("✗", AnsiColor::Red) };
        cells.draw(&mut table, widths, look, styles(row, colour.on_default()), mark);
        if let Some(expected) = &row.expected {
            let width = if look.fit { WIDTH - 4 } else { usize::MAX };
            for line in wrap(&format!("expected {expected}"), width) {
                let line = paint(&line, AnsiColor::Red.on_default(), look);
                table.push_str(&format!("    {line}\n"));
            }
        }
    }
    let verdict = if report.is_ok() { AnsiColor::Green } else { AnsiColor::Red };
    let width = if look.fit { WIDTH } else { usize::MAX };
    table.push('\n');
    for line in wrap(&report.closing_line(), width) {
        table.push_str(&paint(&line, verdict.on_default().bold(), look));
        table.push('\n');
    }
    table
}

/// Of the mark and the four columns.
fn styles(row: &Row, mark: Style) -> [Style; 5] {
    let queue = match row.kind {
        Kind::Routed => Style::new(),
        Kind::Parked => AnsiColor::Yellow.on_default(),
        Kind::Activation | Kind::Refused => Style::new().dimmed(),
        Kind::Unexpected => AnsiColor::Red.on_default(),
    };
    [mark.bold(), Style::new(), Style::new(), queue, Style::new().dimmed()]
}

struct Cells {
    sent: String,
    answer: String,
    queue: String,
    messages: Vec<String>,
}

#[derive(Clone, Copy)]
struct Widths {
    sent: usize,
    answer: usize,
    queue: usize,
}

impl Widths {
    /// As wide as the widest cell; to fit, the first and the queue's column share what is left.
    fn of<'a>(lines: impl Iterator<Item = &'a Cells> + Clone, look: Look) -> Self {
        let widest = |width: fn(&Cells) -> usize| lines.clone().map(width).max().unwrap_or_default();
        let mut widths = Self {
            sent: widest(|cells| cells.sent.chars().count()),
            answer: widest(|cells| cells.answer.chars().count()),
            queue: widest(|cells| cells.queue.chars().count()),
        };
        if look.fit {
            let room = WIDTH.saturating_sub(1 + widths.answer + SHORT_ID + 1 + 4 * GAP - 1);
            widths.sent = widths.sent.min((room / 2).max(room.saturating_sub(widths.queue)));
            widths.queue = widths.queue.min(room.saturating_sub(widths.sent));
        }
        widths
    }
}

impl Cells {
    fn of(row: &Row, report: &Report, look: Look) -> Self {
        let short = |queue: &String| queue.strip_prefix(&report.queue_prefix).unwrap_or(queue).to_owned();
        let queue = match (row.queue.as_ref().map(short), &row.note) {
            (Some(queue), Some(note)) => format!("{queue}: {note}"),
            (Some(text), None) => text,
            (None, Some(note)) => note.clone(),
            (None, None) => "-".to_owned(),
        };
        let id = |id: &String| match id.char_indices().nth(SHORT_ID) {
            Some((end, _)) if look.fit => format!("{}…", id.get(..end).unwrap_or(id)),
            _ => id.clone(),
        };
        Self {
            sent: row.sent.clone(),
            answer: row.status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
            queue,
            messages: if row.messages.is_empty() {
                vec!["-".to_owned()]
            } else {
                row.messages.iter().map(id).collect()
            },
        }
    }

    /// Draws one row, in as many lines as its longest cell takes.
    fn draw(&self, table: &mut String, widths: Widths, look: Look, styles: [Style; 5], mark: &str) {
        let [mark_style, sent_style, answer_style, queue_style, message_style] = styles;
        let (sent, queue) = (wrap(&self.sent, widths.sent), wrap(&self.queue, widths.queue));
        let cell = |lines: &[String], index: usize| lines.get(index).cloned().unwrap_or_default();
        for index in 0..sent.len().max(queue.len()).max(self.messages.len()) {
            let first = index == 0;
            let columns = [
                (if first { mark.to_owned() } else { String::new() }, 1, mark_style, " "),
                (cell(&sent, index), widths.sent, sent_style, "  "),
                (if first { self.answer.clone() } else { String::new() }, widths.answer, answer_style, "  "),
                (cell(&queue, index), widths.queue, queue_style, "  "),
                (cell(&self.messages, index), 0, message_style, ""),
            ];
            let mut line = String::new();
            for (text, width, style, gap) in columns {
                let padding = " ".repeat(width.saturating_sub(text.chars().count()));
                line.push_str(&paint(&text, style, look));
                line.push_str(&padding);
                line.push_str(gap);
            }
            table.push_str(line.trim_end());
            table.push('\n');
        }
    }
}

pub(crate) fn paint(text: &str, style: Style, look: Look) -> String {
    if look.colour && !text.is_empty() && style != Style::new() {
        format!("{style}{text}{style:#}")
    } else {
        text.to_owned()
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
