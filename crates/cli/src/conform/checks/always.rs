//! Rules for every answer. These checks send nothing, and look at the exchanges of the earlier checks.

use crate::conform::{
    check::{Check, Needs, Plan, Severity},
    probe::Expect,
};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "exactly-200",
        proves: "success is 200, never another 2xx",
        severity: Severity::Critical,
        fault: "answers-other-2xx",
        says: "Success is answered with another status than 200, for example 201, 202 or 204. Prelude counts it as \
               a failure and retries the event for two weeks. Answer 200.",
        needs: Needs::Nothing,
        plan: Plan::Never(|exchange, _| {
            let is_other = exchange.status().is_some_and(|status| (201..300).contains(&status));
            is_other
                && matches!(exchange.probe.expect, Expect::Accepted | Expect::Challenge(_) | Expect::Answered)
        }),
    },
    Check {
        name: "no-redirect",
        proves: "no request is redirected",
        severity: Severity::Critical,
        fault: "redirects",
        says: "A request is redirected, for example to another path, a trailing slash or HTTPS. Prelude does not \
               document that it follows redirects. Register the final URL, and answer there.",
        needs: Needs::Nothing,
        plan: Plan::Never(|exchange, _| exchange.status().is_some_and(|status| (300..400).contains(&status))),
    },
    Check {
        name: "in-time",
        proves: "every answer comes in time",
        severity: Severity::Critical,
        fault: "answers-too-late",
        says: "An answer takes longer than Prelude waits. Put the event into a queue, answer, and process it later.",
        needs: Needs::Nothing,
        plan: Plan::Never(|exchange, limit| exchange.is_late(limit)),
    },
    Check {
        name: "no-broken-connection",
        proves: "every request gets an answer",
        severity: Severity::Major,
        fault: "breaks-connections",
        says: "A connection is closed without an answer: the program crashed, or a limit ended the request.",
        needs: Needs::Nothing,
        plan: Plan::Never(|exchange, _| exchange.is_broken()),
    },
    Check {
        name: "no-server-error",
        proves: "hostile requests are refused without a server error",
        severity: Severity::Minor,
        fault: "fails-on-hostile-requests",
        says: "A hostile request is answered with a server error instead of a refusal. The program fails on it, so \
               every scanner triggers your alarms. Answer with a 4xx status.",
        needs: Needs::Nothing,
        plan: Plan::Never(|exchange, _| {
            let failed =
                exchange.status().is_some_and(|status| status >= 500 && status != 503 && status != 501);
            failed && matches!(exchange.probe.expect, Expect::Refused | Expect::Hides(_))
        }),
    },
];
