//! Results of the requests, as text and as JSON.

use serde_json::{Value, json};

use super::{Placed, Row, Search};
use crate::terminal::{DIM, Look, Mark, RED, counted};

/// Formats the line of a request, with one line for each of its messages.
pub fn row_text(row: &Row, look: Look) -> String {
    let mark = look.mark(Mark::of(row.ok));
    let status = row.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let mut text = format!("{mark} {}  {status} {}  {} ms", row.event, one_line(&row.answer), row.ms);
    if !row.ok {
        text += &look.paint(&format!("  expected {}", row.expected), RED);
    }
    text.push('\n');
    for Placed { queue, message_id, parked } in &row.messages {
        let reason = parked.as_ref().map(|reason| format!(", parked: {reason}")).unwrap_or_default();
        let line = format!("    → {queue}  {message_id}{reason}");
        text += &format!("{}\n", look.paint(&line, DIM));
    }
    match &row.search {
        Some(search) if search.not_seen > 0 => text + &not_seen_text(search, look),
        _ => text,
    }
}

fn not_seen_text(Search { searched, not_seen, others_parked, usual_queue }: &Search, look: Look) -> String {
    let messages = counted(*not_seen, "message");
    let place = match usual_queue {
        Some(queue) => format!("{queue} or another queue of {searched}"),
        None => format!("any queue of {searched}"),
    };
    let cause = if *others_parked {
        "the parking queue has new messages, which can hold them in slices, in parts or encoded (`prelude parked list`)"
    } else {
        "the receiver sends to another SQS, a consumer was faster, or a FIFO queue dropped a duplicate"
    };
    format!("    {} {messages} not seen in {place}: {cause}\n", look.mark(Mark::Unknown))
}

/// Formats the last line. `requests` is the number of requests of the whole order.
pub fn closing_line(rows: &[Row], requests: usize) -> String {
    let ok = rows.iter().filter(|row| row.ok).count();
    let mut times: Vec<_> = rows.iter().filter(|row| row.status.is_some()).map(|row| row.ms).collect();
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    let longest = times.last().copied().unwrap_or_default();
    let sent = rows.len();
    let stopped = if sent < requests {
        format!("stopped after {sent} of {requests} requests; ")
    } else {
        String::new()
    };
    format!("{stopped}{ok} of {sent} answers as expected; median {median} ms, longest {longest} ms")
}

/// Formats the results as one JSON object.
pub fn json(rows: &[Row], requests: usize) -> Value {
    let ok = rows.iter().filter(|row| row.ok).count();
    json!({"ok": ok == requests && ok > 0, "sent": rows.len(), "as_expected": ok, "rows": rows})
}

/// Shortens an answer and replaces its control characters, because an unknown receiver may answer anything.
fn one_line(answer: &str) -> String {
    let clean = |character: char| if character.is_control() { ' ' } else { character };
    let mut line: String = answer.chars().map(clean).take(MOST_CHARACTERS).collect();
    if answer.chars().nth(MOST_CHARACTERS).is_some() {
        line.push('…');
    }
    line
}

const MOST_CHARACTERS: usize = 120;
