//! Report of a run: a table for people, JSON for scripts.

use serde::Serialize;
use serde_json::json;

use super::{
    check::{Check, Severity},
    checks::GROUPS,
};
use crate::terminal::{BOLD, DIM, Look, Mark};

/// Results of all checks.
#[derive(Debug)]
pub struct Report {
    /// Results in the order of the table of checks.
    pub outcomes: Vec<Outcome>,
    /// Advice for a receiver that accepted no genuine event.
    pub hint: Option<String>,
}

/// Check with its result.
#[derive(Debug)]
pub struct Outcome {
    /// Check.
    pub check: &'static Check,
    /// Its result.
    pub result: CheckResult,
}

/// Result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckResult {
    /// The receiver behaves as required.
    Passed,
    /// The receiver has the check's fault: description of the exchange.
    Failed(String),
    /// No usable answer: description of the exchange. The checks of every answer report the cause.
    Unclear(String),
    /// The check was not run: description of the missing requirement.
    Skipped(String),
}

impl Report {
    /// Reports whether the receiver conforms: a check passed, and none failed or was unclear.
    pub fn is_ok(&self) -> bool {
        let bad =
            |outcome: &Outcome| matches!(outcome.result, CheckResult::Failed(_) | CheckResult::Unclear(_));
        self.count(|result| *result == CheckResult::Passed) > 0 && !self.outcomes.iter().any(bad)
    }

    /// Names of the faults of the receiver.
    pub fn faults(&self) -> impl Iterator<Item = &'static str> {
        let failed = self.outcomes.iter().filter(|outcome| matches!(outcome.result, CheckResult::Failed(_)));
        failed.map(|outcome| outcome.check.fault)
    }

    fn count(&self, is_counted: impl Fn(&CheckResult) -> bool) -> usize {
        self.outcomes.iter().filter(|outcome| is_counted(&outcome.result)).count()
    }

    /// Formats the report as one JSON object.
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
            let Outcome { check, result } = outcome;
            let failed = matches!(result, CheckResult::Failed(_));
            Row {
                check: check.name,
                proves: check.proves,
                verdict: result.word(),
                fault: failed.then_some(check.fault),
                severity: check.severity,
                says: failed.then_some(check.says),
                because: result.because(),
            }
        }
        let checks = self.outcomes.iter().map(row).collect();
        serde_json::to_string_pretty(&Json { ok: self.is_ok(), hint: self.hint.as_deref(), checks })
    }

    /// Formats the report as a table with a closing line.
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
            outcome.check.severity == Severity::Critical && matches!(outcome.result, CheckResult::Failed(_))
        };
        let mut line = format!(
            "{} of {} checks passed, {faults} fault{} ({} critical)",
            self.count(|result| *result == CheckResult::Passed),
            self.outcomes.len(),
            if faults == 1 { "" } else { "s" },
            self.outcomes.iter().filter(critical).count(),
        );
        let undecided =
            self.count(|result| matches!(result, CheckResult::Skipped(_) | CheckResult::Unclear(_)));
        if undecided > 0 {
            line.push_str(&format!(", {undecided} skipped or unclear"));
        }
        line
    }
}

impl CheckResult {
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
        let sign = match self.result {
            CheckResult::Passed => Mark::Passed,
            CheckResult::Failed(_) => Mark::Failed,
            CheckResult::Unclear(_) => Mark::Unknown,
            CheckResult::Skipped(_) => Mark::NotReached,
        };
        let Check { name, proves, fault, severity, says, .. } = self.check;
        let mark = look.mark(sign);
        match &self.result {
            CheckResult::Passed => table.push_str(&format!("{mark} {name:<28} {proves}\n")),
            CheckResult::Failed(because) => {
                let fault = look.paint(fault, sign.style().bold());
                table.push_str(&format!(
                    "{mark} {name:<28} {fault} ({severity})\n    {because}\n    {says}\n"
                ));
            }
            CheckResult::Unclear(because) | CheckResult::Skipped(because) => {
                let because = look.paint(&format!("{}: {because}", self.result.word()), DIM);
                table.push_str(&format!("{mark} {name:<28} {because}\n"));
            }
        }
    }
}

/// Formats the checks as a table, for `--list`.
pub fn list(look: Look) -> String {
    let mut list = String::new();
    for (group, checks) in GROUPS {
        list.push_str(&format!("{}\n", look.paint(group, BOLD)));
        for Check { name, proves, severity, fault, .. } in checks {
            list.push_str(&format!("  {name:<28} {proves}\n  {:<28} fault: {fault} ({severity})\n", ""));
        }
    }
    list
}

/// Formats the checks as one JSON object, for `--list --json`.
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

    fn report(result: CheckResult) -> Report {
        let outcomes = vec![
            Outcome { check: checks::find("activation").unwrap(), result: CheckResult::Passed },
            Outcome { check: checks::find("missing-signature").unwrap(), result },
        ];
        Report { outcomes, hint: None }
    }

    #[test]
    fn a_fault_fails_the_report_and_is_named_and_described() {
        let failed = report(CheckResult::Failed("an event: answered 200".into()));
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
    fn a_skipped_check_does_not_fail_the_report_and_an_unclear_one_does() {
        let skipped = report(CheckResult::Skipped("requires two apps".into()));
        assert!(skipped.is_ok());
        assert!(skipped.to_table(Look::PLAIN).contains("skipped: requires two apps"));
        assert!(!report(CheckResult::Unclear("no answer".into())).is_ok());
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
