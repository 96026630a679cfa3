//! The report: a table for people, JSON for machines.

use serde::Serialize;
use serde_json::json;

use super::{
    check::{Check, Severity},
    checks::GROUPS,
};
use crate::terminal::{BOLD, DIM, Look, Mark};

/// What the checks showed.
#[derive(Debug)]
pub struct Report {
    /// In the order of the table of checks.
    pub outcomes: Vec<Outcome>,
    /// What to do first, where no check can prove much.
    pub hint: Option<String>,
}

/// A check and what it showed.
#[derive(Debug)]
pub struct Outcome {
    /// The check.
    pub check: &'static Check,
    /// What it showed.
    pub verdict: Verdict,
}

/// What a check showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver does what it must.
    Passed,
    /// It does not: what was sent, and what came.
    Failed(String),
    /// There was no answer to judge; a check of every answer says more.
    Unclear(String),
    /// The check could not be made.
    Skipped(String),
}

impl Report {
    /// Whether the receiver conforms: something passed, and nothing failed or remained unclear.
    pub fn is_ok(&self) -> bool {
        let bad = |outcome: &Outcome| matches!(outcome.verdict, Verdict::Failed(_) | Verdict::Unclear(_));
        self.count(|verdict| *verdict == Verdict::Passed) > 0 && !self.outcomes.iter().any(bad)
    }

    /// The names of the faults that were found.
    pub fn faults(&self) -> impl Iterator<Item = &'static str> {
        let failed = self.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Failed(_)));
        failed.map(|outcome| outcome.check.fault)
    }

    fn count(&self, is_counted: impl Fn(&Verdict) -> bool) -> usize {
        self.outcomes.iter().filter(|outcome| is_counted(&outcome.verdict)).count()
    }

    /// The report as one JSON object.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            ok: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            hint: Option<&'a str>,
            checks: Vec<Row<'a>>,
        }
        #[derive(Serialize)]
        struct Row<'a> {
            check: &'a str,
            proves: &'a str,
            verdict: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            fault: Option<&'a str>,
            severity: Severity,
            #[serde(skip_serializing_if = "Option::is_none")]
            says: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            because: Option<&'a str>,
        }
        fn row(outcome: &Outcome) -> Row<'_> {
            let Outcome { check, verdict } = outcome;
            let failed = matches!(verdict, Verdict::Failed(_));
            Row {
                check: check.name,
                proves: check.proves,
                verdict: verdict.word(),
                fault: failed.then_some(check.fault),
                severity: check.severity,
                says: failed.then_some(check.says),
                because: verdict.because(),
            }
        }
        let checks = self.outcomes.iter().map(row).collect();
        serde_json::to_string_pretty(&Json { ok: self.is_ok(), hint: self.hint.as_deref(), checks })
    }

    /// The report as a table with its closing line.
    pub fn to_table(&self, look: Look) -> String {
        let mut table = String::new();
        for (group, checks) in GROUPS {
            let of_group = |outcome: &&Outcome| checks.iter().any(|check| check.name == outcome.check.name);
            let outcomes: Vec<_> = self.outcomes.iter().filter(of_group).collect();
            if outcomes.is_empty() {
                continue;
            }
            table.push_str(&format!("{}\n", look.paint(group, BOLD)));
            for outcome in outcomes {
                outcome.draw(&mut table, look);
            }
            table.push('\n');
        }
        let style = Mark::of(self.is_ok()).style().bold();
        for line in self.hint.iter().cloned().chain([self.closing_line()]) {
            table.push_str(&look.paint(&line, style));
            table.push('\n');
        }
        table
    }

    fn closing_line(&self) -> String {
        let faults = self.faults().count();
        let critical = |outcome: &&Outcome| {
            outcome.check.severity == Severity::Critical && matches!(outcome.verdict, Verdict::Failed(_))
        };
        let mut line = format!(
            "{} of {} checks passed, {faults} fault{} ({} critical)",
            self.count(|verdict| *verdict == Verdict::Passed),
            self.outcomes.len(),
            if faults == 1 { "" } else { "s" },
            self.outcomes.iter().filter(critical).count(),
        );
        let untold = self.count(|verdict| matches!(verdict, Verdict::Skipped(_) | Verdict::Unclear(_)));
        if untold > 0 {
            line.push_str(&format!(", {untold} not told"));
        }
        line
    }
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Unclear(_) => "unclear",
            Self::Skipped(_) => "skipped",
        }
    }

    fn because(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Failed(because) | Self::Unclear(because) | Self::Skipped(because) => Some(because),
        }
    }
}

impl Outcome {
    fn draw(&self, table: &mut String, look: Look) {
        let sign = match self.verdict {
            Verdict::Passed => Mark::Passed,
            Verdict::Failed(_) => Mark::Failed,
            Verdict::Unclear(_) => Mark::Unknown,
            Verdict::Skipped(_) => Mark::NotReached,
        };
        let Check { name, proves, fault, severity, says, .. } = self.check;
        let mark = look.mark(sign);
        match &self.verdict {
            Verdict::Passed => table.push_str(&format!("{mark} {name:<28} {proves}\n")),
            Verdict::Failed(because) => {
                let fault = look.paint(fault, sign.style().bold());
                table.push_str(&format!(
                    "{mark} {name:<28} {fault} ({severity})\n    {because}\n    {says}\n"
                ));
            }
            Verdict::Unclear(because) | Verdict::Skipped(because) => {
                let because = look.paint(&format!("not told: {because}"), DIM);
                table.push_str(&format!("{mark} {name:<28} {because}\n"));
            }
        }
    }
}

/// The table of checks for `--list`.
pub fn list(look: Look) -> String {
    let mut list = String::new();
    for (group, checks) in GROUPS {
        list.push_str(&format!("{}\n", look.paint(group, BOLD)));
        for Check { name, proves, severity, fault, .. } in checks {
            list.push_str(&format!("  {name:<28} {proves}\n  {:<28} else {fault} ({severity})\n", ""));
        }
    }
    list
}

/// The same as one JSON object.
pub fn list_as_json() -> String {
    let check = |group: &str, check: &Check| {
        let Check { name, proves, severity, fault, .. } = check;
        json!({
            "group": group, "name": name, "proves": proves, "fault": fault, "severity": severity.to_string(),
        })
    };
    let checks = GROUPS.iter().flat_map(|(group, checks)| checks.iter().map(move |one| check(group, one)));
    format!("{:#}\n", json!({"checks": checks.collect::<Vec<_>>()}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::checks;

    fn report(verdict: Verdict) -> Report {
        let outcomes = vec![
            Outcome { check: checks::find("activation").unwrap(), verdict: Verdict::Passed },
            Outcome { check: checks::find("missing-signature").unwrap(), verdict },
        ];
        Report { outcomes, hint: None }
    }

    #[test]
    fn a_fault_is_named_and_explained_and_fails() {
        let failed = report(Verdict::Failed("an event: answered 200".into()));
        let table = failed.to_table(Look::PLAIN);
        assert!(!failed.is_ok() && failed.faults().eq(["accepts-missing-signature"]));
        for part in [
            "accepts-missing-signature (critical)",
            "answered 200",
            "1 of 2 checks passed, 1 fault (1 critical)",
        ] {
            assert!(table.contains(part), "{table}");
        }
        assert!(!table.contains('\u{1b}'));
        assert!(failed.to_table(Look { colour: true, fit: true }).contains('\u{1b}'));
        let json: serde_json::Value = serde_json::from_str(&failed.to_json().unwrap()).unwrap();
        assert_eq!(json["checks"][1]["fault"], "accepts-missing-signature");
        assert_eq!(json["ok"], false);
    }

    #[test]
    fn what_is_skipped_does_not_fail_and_what_is_unclear_does() {
        let skipped = report(Verdict::Skipped("two apps are needed".into()));
        assert!(skipped.is_ok());
        assert!(skipped.to_table(Look::PLAIN).contains("not told: two apps are needed"));
        assert!(!report(Verdict::Unclear("no answer".into())).is_ok());
        assert!(!Report { outcomes: Vec::new(), hint: None }.is_ok());
    }

    #[test]
    fn the_list_has_every_check_and_fault() {
        let list = list(Look::PLAIN);
        for check in checks::all() {
            assert!(list.contains(check.name) && list.contains(check.fault), "{}", check.name);
        }
    }
}
