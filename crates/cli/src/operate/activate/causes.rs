//! Possible causes of a refused activation, by the status that Prelude got.

use prelude_webhooks::rejection::Rejection;
use serde::Serialize;

/// Line of the receiver's log, and its remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// `code` in the log; `-` if the receiver logged nothing.
    pub code: &'static str,
    /// Setting or place to check.
    pub check: &'static str,
}

/// Rejections of an activation by the receiver, with remedies.
const REFUSALS: [(Rejection, &str); 9] = [
    (Rejection::NotAChallenge, "the URL's query clashes with Prelude's, or a proxy in front changes it"),
    (Rejection::AddressNotAllowed, "add the address of the log's address_check line to PRELUDE_ALLOWED_IPS"),
    (
        Rejection::AddressUnreadable,
        "PRELUDE_TRUSTED_PROXIES does not match the proxies in front of API Gateway",
    ),
    (Rejection::ChallengeAppUnknown, "add the app to PRELUDE_APPS and deploy"),
    (
        Rejection::ChallengeTokenWrong,
        "PRELUDE_APPS has another verification_token: fix it, or register again with --replace",
    ),
    (
        Rejection::PathUnknown,
        "the URL must end in /webhooks, or in /webhooks/<token> if PRELUDE_PATH_TOKEN is set",
    ),
    (Rejection::PathTokenWrong, "the URL's last segment is not a token of PRELUDE_PATH_TOKEN"),
    (Rejection::OutOfTime, "try again; if it fails again, give the function more memory"),
    (Rejection::Panicked, "a bug in the receiver: report it with the log's panic line"),
];

/// Lists the causes that fit the receiver's status; `None` for no answer.
pub(super) fn of(status: Option<u16>) -> Vec<Cause> {
    let refusals = REFUSALS.into_iter().filter(|(rejection, _)| Some(rejection.status().as_u16()) == status);
    let mut causes: Vec<_> =
        refusals.map(|(rejection, check)| Cause { code: rejection.code(), check }).collect();
    let elsewhere = match status {
        None => Some(
            "no answer reached Prelude within 10 s: check the host's name, its certificate and firewalls",
        ),
        Some(200) => {
            Some("Prelude expected another answer: try PRELUDE_CHALLENGE_RESPONSE=number, and check the URL")
        }
        Some(300..=399) => Some("a redirect: register the URL that it leads to"),
        Some(401) => {
            Some("a proxy in front of the receiver asks for credentials, and an activation has none")
        }
        Some(403) => {
            Some("or the call did not reach the receiver: check firewalls and API Gateway's resource policy")
        }
        Some(404) => {
            Some("or the call did not reach the receiver: the URL is another API's, or lacks its stage")
        }
        Some(429) => Some("API Gateway throttled it: try again"),
        Some(500..=599) => Some(
            "or the function did not start, or crashed: look for bad_configuration, and run `prelude doctor`",
        ),
        _ => None,
    };
    causes.extend(elsewhere.map(|check| Cause { code: "-", check }));
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_cause_and_every_rejection_its_status() {
        for (rejection, _) in REFUSALS {
            let causes = of(Some(rejection.status().as_u16()));
            assert!(causes.iter().any(|cause| cause.code == rejection.code()), "{rejection:?}");
        }
        for status in [None, Some(200), Some(302), Some(401), Some(429), Some(500), Some(502), Some(504)] {
            assert!(!of(status).is_empty(), "{status:?}");
        }
    }
}
