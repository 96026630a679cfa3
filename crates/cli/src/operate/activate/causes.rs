//! What a refused activation can be about, by the status that Prelude got.

use prelude_webhooks::rejection::Rejection;
use serde::Serialize;

/// One line of the receiver's log, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The log's `code`; `-` where the receiver has logged nothing.
    pub code: &'static str,
    /// What to check.
    pub check: &'static str,
}

/// Every refusal that an activation can meet in the receiver.
const REFUSALS: [(Rejection, &str); 9] = [
    (
        Rejection::NotAChallenge,
        "the URL has a query that Prelude's clashes with, or something in front changes it",
    ),
    (Rejection::AddressNotAllowed, "add the address of the log's address_check line to PRELUDE_ALLOWED_IPS"),
    (Rejection::AddressUnreadable, "PRELUDE_TRUSTED_PROXIES does not fit what is in front of API Gateway"),
    (Rejection::ChallengeAppUnknown, "add the app to PRELUDE_APPS and deploy"),
    (
        Rejection::ChallengeTokenWrong,
        "PRELUDE_APPS has another verification_token: mend it, or register anew with --replace",
    ),
    (
        Rejection::PathUnknown,
        "the URL must end in /webhooks, or in /webhooks/<token> where PRELUDE_PATH_TOKEN is set",
    ),
    (Rejection::PathTokenWrong, "the URL's last segment is none of PRELUDE_PATH_TOKEN"),
    (Rejection::OutOfTime, "try again; if it stays so, give the function more memory"),
    (Rejection::Panicked, "a fault of the receiver: report it with the log's panic line"),
];

/// The causes that fit what the receiver answered; `None` is no answer.
pub(super) fn of(status: Option<u16>) -> Vec<Cause> {
    let refusals = REFUSALS.into_iter().filter(|(rejection, _)| Some(rejection.status().as_u16()) == status);
    let mut causes: Vec<_> =
        refusals.map(|(rejection, check)| Cause { code: rejection.code(), check }).collect();
    let elsewhere = match status {
        None => Some("no answer reached Prelude within 10 s: the host's name, its certificate, a firewall"),
        Some(200) => Some(
            "the answer was not what Prelude wants: try PRELUDE_CHALLENGE_RESPONSE=number, check the URL",
        ),
        Some(300..=399) => Some("a redirect: register the URL that it leads to"),
        Some(401) => Some("something in front of the receiver asks for credentials: an activation has none"),
        Some(403) => Some("or the receiver was not asked: a firewall, or API Gateway's resource policy"),
        Some(404) => Some("or the receiver was not asked: the URL is another API's, or lacks its stage"),
        Some(429) => Some("API Gateway throttled it: try again"),
        Some(500..=599) => {
            Some("or the function did not start or ended: look for bad_configuration, run `prelude doctor`")
        }
        _ => None,
    };
    causes.extend(elsewhere.map(|check| Cause { code: "-", check }));
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_cause_and_every_refusal_its_status() {
        for (rejection, _) in REFUSALS {
            let causes = of(Some(rejection.status().as_u16()));
            assert!(causes.iter().any(|cause| cause.code == rejection.code()), "{rejection:?}");
        }
        for status in [None, Some(200), Some(302), Some(401), Some(429), Some(500), Some(502), Some(504)] {
            assert!(!of(status).is_empty(), "{status:?}");
        }
    }
}
