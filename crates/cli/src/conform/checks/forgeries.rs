//! Forged requests, which Prelude never sends.

mod probes;

use crate::conform::check::{Check, Needs, Plan, Severity};

use probes::{
    access_token, account_key_on_session, app_key_on_verify, duplicated_header, other_apps_key, rewritten,
    tampered_signature, truncated_body, wrong_app,
};
pub(super) use probes::{empty, foreign_key, garbage, missing, schemes, tampered_body};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "missing-signature",
        proves: "an event without a signature is refused",
        severity: Severity::Critical,
        fault: "accepts-missing-signature",
        says: "An event without a signature header is accepted, so anyone who finds the URL can send events. Treat \
               a missing header as a failed verification.",
        needs: Needs::Either,
        plan: Plan::InTurn(missing),
    },
    Check {
        name: "empty-signature",
        proves: "an event with an empty signature is refused",
        severity: Severity::Critical,
        fault: "accepts-empty-signature",
        says: "An event with an empty signature is accepted. Treat an empty signature as a failed verification.",
        needs: Needs::Either,
        plan: Plan::InTurn(empty),
    },
    Check {
        name: "garbage-signature",
        proves: "an event with bytes that are not a signature is refused",
        severity: Severity::Critical,
        fault: "accepts-any-signature",
        says: "An event with any signature header is accepted: the signature is not verified.",
        needs: Needs::Either,
        plan: Plan::InTurn(garbage),
    },
    Check {
        name: "tampered-body",
        proves: "an event that was changed after signing is refused",
        severity: Severity::Critical,
        fault: "accepts-tampered-body",
        says: "An event whose body was changed after signing is accepted: the signature is not verified over the \
               exact bytes of the body.",
        needs: Needs::Either,
        plan: Plan::InTurn(tampered_body),
    },
    Check {
        name: "truncated-body",
        proves: "the first half of a signed event is refused",
        severity: Severity::Critical,
        fault: "accepts-truncated-body",
        says: "A truncated event is accepted: the signature is not verified over the whole body.",
        needs: Needs::Either,
        plan: Plan::InTurn(truncated_body),
    },
    Check {
        name: "tampered-signature",
        proves: "a signature with one bit changed is refused",
        severity: Severity::Critical,
        fault: "accepts-tampered-signature",
        says: "A signature with one character changed is accepted: it is not verified completely.",
        needs: Needs::Either,
        plan: Plan::InTurn(tampered_signature),
    },
    Check {
        name: "foreign-key",
        proves: "an event signed by an unknown key is refused",
        severity: Severity::Critical,
        fault: "accepts-foreign-key",
        says: "An event signed by a key that is not configured is accepted.",
        needs: Needs::Either,
        plan: Plan::InTurn(foreign_key),
    },
    Check {
        name: "other-apps-key",
        proves: "a batch signed by another app's key is refused",
        severity: Severity::Critical,
        fault: "accepts-other-apps-key",
        says: "A Session batch of one app, signed by another app's key, is accepted, so one app can forge another \
               app's events. Verify with the key of the app that app_id names.",
        needs: Needs::TwoApps,
        plan: Plan::InTurn(other_apps_key),
    },
    Check {
        name: "account-key-on-session",
        proves: "a Session batch signed by the account's key is refused",
        severity: Severity::Critical,
        fault: "accepts-account-key-on-session",
        says: "A Session batch signed by the account's key is accepted. Verify a Session batch only with the key of \
               its app.",
        needs: Needs::Both,
        plan: Plan::InTurn(account_key_on_session),
    },
    Check {
        name: "app-key-on-verify",
        proves: "a Verify event signed by an app's key is refused",
        severity: Severity::Critical,
        fault: "accepts-app-key-on-verify",
        says: "A Verify event signed by a Session app's key is accepted. Verify Verify and Notify events only with \
               the account's key.",
        needs: Needs::Both,
        plan: Plan::InTurn(app_key_on_verify),
    },
    Check {
        name: "wrong-app",
        proves: "a batch that names no app, or another app than its key's, is refused",
        severity: Severity::Critical,
        fault: "accepts-wrong-app",
        says: "A Session batch whose app_id does not belong to the signing key is accepted.",
        needs: Needs::App,
        plan: Plan::InTurn(wrong_app),
    },
    Check {
        name: "access-token",
        proves: "an access token that an app's key signed is refused as a delivery",
        severity: Severity::Minor,
        fault: "accepts-access-tokens",
        says: "The signed part of an access token, with the token's own signature, is accepted as a delivery, so \
               every user of the app can send one. Refuse a body that only an app's key verifies, that is not JSON, \
               and that consists of two base64url parts with a dot between them.",
        needs: Needs::App,
        plan: Plan::InTurn(access_token),
    },
    Check {
        name: "scheme",
        proves: "a signature under another scheme's name is refused",
        severity: Severity::Major,
        fault: "ignores-scheme",
        says: "The scheme before the = of the signature header is ignored. Accept only rsassa-pss-sha256, because a \
               future scheme may be weaker.",
        needs: Needs::Either,
        plan: Plan::InTurn(schemes),
    },
    Check {
        name: "duplicated-header",
        proves: "two signature headers do not make a forged event genuine",
        severity: Severity::Critical,
        fault: "accepts-duplicated-header",
        says: "A forged event with two signature headers is accepted. Verify the signature also in this case.",
        needs: Needs::Either,
        plan: Plan::InTurn(duplicated_header),
    },
    Check {
        name: "signature-of-rewritten-json",
        proves: "a signature over the same JSON written differently is refused",
        severity: Severity::Major,
        fault: "verifies-rewritten-json",
        says: "A signature over other bytes than those sent is accepted, because the body is parsed and serialized \
               again before verification. Verify the raw bytes, not the framework's parsed body.",
        needs: Needs::Either,
        plan: Plan::InTurn(rewritten),
    },
];
