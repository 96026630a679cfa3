//! The table: aligned, with colours on request, and at most 100 columns wide on a terminal.

use super::{Kind, Report, Row};
use crate::terminal::{BOLD, DIM, Look, Mark, PLAIN, RED, Style, WIDTH, YELLOW, wrap};

/// Blanks between two columns.
const GAP: usize = 2;
/// Characters of a message id that a terminal shows.
const SHORT_ID: usize = 8;

/// Formats the table and its closing line, with a line end after each line.
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
    headings.draw(&mut table, widths, look, [BOLD; 5], " ");
    for (row, cells) in report.rows.iter().zip(&lines) {
        let mark = Mark::of(row.ok);
        cells.draw(&mut table, widths, look, styles(row, mark.style()), &mark.to_string());
        if let Some(expected) = &row.expected {
            for line in look.wrap(&format!("expected {expected}"), 4) {
                let line = look.paint(&line, RED);
                table.push_str(&format!("    {line}\n"));
            }
        }
    }
    table.push('\n');
    for line in look.wrap(&report.closing_line(), 0) {
        table.push_str(&look.paint(&line, Mark::of(report.is_ok()).style().bold()));
        table.push('\n');
    }
    table
}

/// Styles of the mark and of the four columns.
fn styles(row: &Row, mark: Style) -> [Style; 5] {
    let queue = match row.kind {
        Kind::Routed => PLAIN,
        Kind::Parked => YELLOW,
        Kind::Activation | Kind::Refused => DIM,
        Kind::Unexpected => RED,
    };
    [mark.bold(), PLAIN, PLAIN, queue, DIM]
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
    /// Widths of the widest cells. To fit a terminal, the first column and the queue's share the rest of a line.
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

    /// Draws one row, in as many lines as its longest cell needs.
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
                line.push_str(&look.paint(&text, style));
                line.push_str(&padding);
                line.push_str(gap);
            }
            table.push_str(line.trim_end());
            table.push('\n');
        }
    }
}
