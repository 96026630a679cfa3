//! Findings in groups, for people and for scripts.

use serde::Serialize;

use crate::terminal::{BOLD, Look, Mark};

/// Everything that was found.
#[derive(Debug)]
pub struct Report {
    /// In the order of looking.
    pub groups: Vec<Group>,
}

/// Findings about one thing.
#[derive(Debug, Serialize)]
pub struct Group {
    /// What they are about.
    pub name: &'static str,
    /// In the order of looking.
    pub findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it is.
    pub state: State,
    /// What is so.
    pub text: String,
    /// What it is true of, where that is more than one thing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it must be.
    Ok,
    /// It works, and deserves a look.
    Warn,
    /// It does not work.
    Fail,
    /// It could not be looked at.
    Unknown,
}

impl Group {
    /// Nothing found yet.
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

    /// The same finding about several things is one.
    pub(super) fn add(&mut self, state: State, text: impl Into<String>, of: Vec<String>) {
        let text = text.into();
        match self.findings.iter_mut().find(|known| known.state == state && known.text == text) {
            Some(known) => known.of.extend(of),
            None => self.findings.push(Finding { state, text, of }),
        }
    }
}

impl Report {
    /// Whether nothing fails.
    pub fn is_ok(&self) -> bool {
        self.count(State::Fail) == 0
    }

    fn count(&self, state: State) -> usize {
        self.groups.iter().flat_map(|group| &group.findings).filter(|finding| finding.state == state).count()
    }

    /// One JSON object.
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

    /// A list with a closing line.
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

/// How many of one kind are named; JSON names all.
const SHOWN: usize = 5;
