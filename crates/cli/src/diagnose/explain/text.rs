//! Explanation as text.

use super::Explanation;
use crate::diagnose::finding::{EventFate, Finding, Progress};
use crate::{
    diagnose::verify::key_lines,
    terminal::{Look, Mark},
};

/// Formats the steps, the keys, the events and the answer.
pub fn page(explanation: &Explanation, look: Look) -> String {
    let mut text = String::new();
    for Finding { step, progress, finding, .. } in &explanation.steps {
        let mark = match progress {
            Progress::Passed => Mark::Passed,
            Progress::Failed => Mark::Failed,
            Progress::NotReached => Mark::NotReached,
        };
        let finding = if *progress == Progress::NotReached { "not reached" } else { finding };
        text += &labelled(mark, label(step), finding, look);
        match *step {
            "signature" => text += &key_lines(&explanation.keys, &explanation.key_sets, look),
            "queues" => explanation.events.iter().for_each(|event| text += &event_line(event)),
            _ => {}
        }
    }
    let answer = format!("{} {} (in the log: {})", explanation.status, explanation.body, explanation.code);
    text += &labelled(Mark::of(explanation.accepted), "answer", &answer, look);
    if let Some(advice) = explanation.advice {
        text.push('\n');
        for line in look.wrap(advice, 0) {
            text += &(line + "\n");
        }
    }
    text
}

/// Label of a step. JSON keeps the earlier name of the step `source`.
fn label(step: &str) -> &str {
    if step == "family" { "source" } else { step }
}

fn labelled(mark: Mark, label: &str, finding: &str, look: Look) -> String {
    let (mark, lines) = (look.mark(mark), look.wrap(finding, 13));
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text +=
            &if index == 0 { format!("{mark} {label:10} {line}\n") } else { format!("{:13}{line}\n", "") };
    }
    if lines.is_empty() { format!("{mark} {label}\n") } else { text }
}

fn event_line(event: &EventFate) -> String {
    let EventFate { event_type, event_id, queue, parked, encoding } = event;
    let kind = event_type.as_deref().unwrap_or("(no type)");
    let id = event_id.as_deref().unwrap_or("-");
    let parked = parked.as_ref().map(|reason| format!(", parked: {reason}")).unwrap_or_default();
    let encoding = encoding.as_ref().map(|encoding| format!(", as {encoding}")).unwrap_or_default();
    format!("    {kind}  {id}  → {queue}{parked}{encoding}\n")
}
