//! Findings in groups, as text and as JSON.

use serde::Serialize;

use crate::terminal::{BOLD, Look, Mark};

/// Findings of all checks.
#[derive(Debug)]
pub struct Report {
    /// Groups in the order of the checks.
    pub groups: Vec<Group>,
}

/// Findings about one subject.
#[derive(Debug, Serialize)]
pub struct Group {
    /// Subject of the findings.
    pub name: &'static str,
    /// Findings in the order of the checks.
    pub findings: Vec<Finding>,
}

/// Result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// State of the checked subject.
    pub state: State,
    /// Text for people.
    pub text: String,
    /// Names of the queues, apps or servers that the finding is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
}

/// State of a checked subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Works.
    Ok,
    /// Works, and deserves a look.
    Warn,
    /// Does not work.
    Fail,
    /// Could not be checked.
    Unknown,
}

impl Group {
    /// Creates a group without findings.
    pub fn new(name: &'static str) -> Self {
        Self { name, findings: Vec::new() }
    }

    pub(super) fn ok(&mut self, text: impl Into<String>) {
        self.add(State::Ok, text, Vec::new());
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.add(State::Warn, text, Vec::new());
    }

    pub(super) fn fail(&mut self, text: impl Into<String>) {
        self.add(State::Fail, text, Vec::new());
    }

    pub(super) fn unknown(&mut self, text: impl Into<String>) {
        self.add(State::Unknown, text, Vec::new());
    }

    /// Adds a finding. The same finding about several names becomes one.
    pub(super) fn add(&mut self, state: State, text: impl Into<String>, of: Vec<String>) {
        let text = text.into();
        match self.findings.iter_mut().find(|known| known.state == state && known.text == text) {
            Some(known) => known.of.extend(of),
            None => self.findings.push(Finding { state, text, of }),
        }
    }
}

impl Report {
    /// Reports whether no check failed.
    pub fn is_ok(&self) -> bool {
        self.count(State::Fail) == 0
    }

    fn count(&self, state: State) -> usize {
        self.groups.iter().flat_map(|group| &group.findings).filter(|finding| finding.state == state).count()
    }

    /// Formats the report as a JSON object.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "ok": self.is_ok(),
            "counts": {
                "ok": self.count(State::Ok), "warn": self.count(State::Warn), "fail": self.count(State::Fail),
                "unknown": self.count(State::Unknown),
            },
            "groups": self.groups,
        })
    }

    /// Formats the report as a list with a closing line.
    pub fn to_text(&self, look: Look) -> String {
        let mut text = String::new();
        for group in &self.groups {
            text += &look.paint(group.name, BOLD);
            text.push('\n');
            for Finding { state, text: what, of } in &group.findings {
                let mark = match state {
                    State::Ok => Mark::Passed,
                    State::Warn => Mark::Noted,
                    State::Fail => Mark::Failed,
                    State::Unknown => Mark::Unknown,
                };
                text += &format!("  {} {what}", look.mark(mark));
                if *state == State::Ok && of.len() > SHOWN {
                    text += &format!(": {} of them\n", of.len());
                    continue;
                }
                text.push('\n');
                for name in of.iter().take(SHOWN) {
                    text += &format!("      {name}\n");
                }
                if of.len() > SHOWN {
                    text += &format!("      and {} more\n", of.len() - SHOWN);
                }
            }
        }
        let [ok, warn, fail, unknown] =
            [State::Ok, State::Warn, State::Fail, State::Unknown].map(|state| self.count(state));
        text + &format!("\n{ok} ok, {warn} to look at, {fail} failed, {unknown} not known\n")
    }
}

/// Number of names that the text shows for a finding. JSON has all names.
const SHOWN: usize = 5;
