//! Verification as text.

use super::{KeySetFetch, KeyTrial, Step, TrialResult, Verification};
use crate::terminal::{DIM, GREEN, Look, Mark, PLAIN};

/// Formats the steps, the keys, and the statements that the signature proves.
pub fn page(verification: &Verification, look: Look) -> String {
    let mut text = String::new();
    for step in Step::ALL {
        let passed = step != verification.step || verification.verified;
        let finding = if step == verification.step { verification.finding.as_str() } else { "" };
        text += &line(passed, step.as_str(), finding, look);
        if step == verification.step {
            break;
        }
    }
    text += &key_lines(&verification.keys, &verification.key_sets, look);
    for statement in &verification.proves {
        text += &line(true, "proves", statement, look);
    }
    text
}

fn line(passed: bool, name: &str, finding: &str, look: Look) -> String {
    let line = format!("{} {name:8} {finding}", look.mark(Mark::of(passed)));
    line.trim_end().to_owned() + "\n"
}

/// Formats the keys and key sets, indented.
pub(crate) fn key_lines(keys: &[KeyTrial], key_sets: &[KeySetFetch], look: Look) -> String {
    let width = keys.iter().map(|key| key.owner.len()).max().unwrap_or_default();
    let mut text = String::new();
    for KeySetFetch { app_id, url, result, cause, keys } in key_sets {
        let shown = if app_id == url { url.clone() } else { format!("{app_id} at {url}") };
        text += &match (result.as_str(), cause) {
            ("fetched", _) => format!("    key set of {shown}: {keys} keys\n"),
            ("not_fetched", _) => format!("    key set of {shown}: not fetched (--offline)\n"),
            (reason, Some(cause)) => {
                format!("    key set of {shown}: could not be fetched ({reason}: {cause})\n")
            }
            (reason, None) => format!("    key set of {shown}: could not be fetched ({reason})\n"),
        };
    }
    for KeyTrial { owner, key_id, bits, result } in keys {
        let (words, style) = match result {
            TrialResult::Verified => ("verifies", GREEN),
            TrialResult::Failed => ("does not verify", PLAIN),
            TrialResult::OtherLength => ("has another length than the signature", DIM),
        };
        text += &format!("    {owner:width$}  {key_id}  {bits} bits: {}\n", look.paint(words, style));
    }
    text
}
