//! Verifies a body's signature with the receiver's own code, and reports the failed step and the keys that were tried.

mod key_sets;
mod keys;
mod text;

use bytes::Bytes;
use prelude_webhooks::authenticate::{
    keys::{Hint, KeyRing},
    signature::{HeaderFault, Owner, Unverified, Verified},
};
use serde::Serialize;

pub use key_sets::KeySetFetch;
pub(crate) use key_sets::KeySets;
pub use keys::{KeySetPlace, KeyTrial, KeysError, KnownKeys, TrialResult};
pub(crate) use keys::{Labels, Trials};
pub(crate) use text::key_lines;
pub use text::page;

/// Result of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// True if a key verifies the signature.
    pub verified: bool,
    /// Failed step, or the last one.
    pub step: Step,
    /// Finding of this step.
    pub finding: String,
    /// Keys that were compared, in order.
    pub keys: Vec<KeyTrial>,
    /// Fetches of the apps' key sets.
    pub key_sets: Vec<KeySetFetch>,
    /// Statements that the signature proves.
    pub proves: Vec<String>,
}

/// Steps of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The header occurs once, in the form `<scheme>=<base64>`.
    Header,
    /// The scheme is Prelude's.
    Scheme,
    /// The signature is base64.
    Base64,
    /// The signature is as long as that of an accepted key.
    Length,
    /// A key verifies the signature.
    Keys,
}

impl Step {
    /// Name of the step in texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Scheme => "scheme",
            Self::Base64 => "base64",
            Self::Length => "length",
            Self::Keys => "keys",
        }
    }

    /// All steps, in order.
    pub const ALL: [Self; 5] = [Self::Header, Self::Scheme, Self::Base64, Self::Length, Self::Keys];

    const fn of(fault: HeaderFault) -> Self {
        match fault {
            HeaderFault::Repeated | HeaderFault::NoScheme => Self::Header,
            HeaderFault::Scheme => Self::Scheme,
            HeaderFault::NotBase64 => Self::Base64,
            HeaderFault::TooShort | HeaderFault::TooLong => Self::Length,
        }
    }
}

/// Verifies a body with the value of its signature header. With `offline`, no key set is fetched.
pub async fn verify(body: Bytes, header: &str, keys: KnownKeys, offline: bool) -> Verification {
    let failed = |step, finding: String| Verification {
        verified: false,
        step,
        finding,
        keys: Vec::new(),
        key_sets: Vec::new(),
        proves: Vec::new(),
    };
    let unverified = match Unverified::new(body, header.as_bytes()) {
        Ok(unverified) => unverified,
        Err(fault) => return failed(Step::of(fault), fault.to_string()),
    };
    let length = unverified.signature_length();
    let KnownKeys { account, apps, ttl, labels, generic } = keys;
    let fetched = KeySets::new(offline);
    let ring = KeyRing::new(account, &apps, ttl, fetched.clone());
    // The function fetches its key sets when it starts.
    ring.start_fetches().await;
    let mut trials = Trials::default();
    let hint = Hint { key_id: None, may_refetch: true };
    let result = ring.verify(unverified, hint, |key, trial| trials.add(key, trial)).await;
    let labels = fetched.label(&apps, labels);
    let proves = match &result {
        Ok(verified) => {
            statements(verified, &apps.iter().map(|app| &*app.app_id).collect::<Vec<_>>(), generic)
        }
        Err(_) => Vec::new(),
    };
    Verification {
        verified: result.is_ok(),
        step: Step::Keys,
        finding: match &result {
            Ok(_) => format!("the signature of {length} bytes is genuine"),
            Err(_) if fetched.is_incomplete() => {
                "no available key verifies the signature, and an app's key set could not be fetched"
                    .to_owned()
            }
            Err(rejection) => rejection.to_string(),
        },
        keys: trials.rows(&labels),
        key_sets: fetched.rows(&apps).await,
        proves,
    }
}

/// Statements that a verified signature proves, one for each owner of its key.
pub(crate) fn statements(verified: &Verified, app_ids: &[&str], generic: bool) -> Vec<String> {
    if generic {
        return vec!["that the holder of this key's private half signed exactly these bytes".to_owned()];
    }
    let mut statements = Vec::new();
    if verified.key_id_of(&Owner::Account).is_some() {
        statements.push("Verify and Notify events of the account".to_owned());
    }
    for app_id in app_ids {
        if verified.key_id_of(&Owner::App((*app_id).into())).is_some() {
            statements.push(format!("Session batches of the app {app_id}"));
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        environment::Environment,
        trigger::sign::{SaltLength, Signer, SigningKeys, header_value},
    };

    fn configured() -> KnownKeys {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/.env");
        KnownKeys::of_config(&Environment::read(Some(&path)).unwrap().config().unwrap())
    }

    fn signed(body: &str, signer: Signer) -> String {
        header_value(body.as_bytes(), SigningKeys::read(None).unwrap().key(signer), SaltLength::Digest)
            .unwrap()
    }

    async fn verified(body: &str, header: &str) -> Verification {
        verify(body.to_owned().into(), header, configured(), true).await
    }

    #[tokio::test]
    async fn a_genuine_signature_names_its_key_and_what_it_proves() {
        let body = r#"{"app_id":"demoapp1","events":[]}"#;
        let verification = verified(body, &signed(body, Signer::App)).await;
        assert!(verification.verified && verification.step == Step::Keys, "{verification:?}");
        assert_eq!(verification.proves, ["Session batches of the app demoapp1"]);
        assert_eq!(
            verification.keys.len(),
            1,
            "the app that the body names is tried first: {verification:?}"
        );
        assert_eq!(
            (verification.keys[0].owner.as_str(), verification.keys[0].result),
            ("app demoapp1", TrialResult::Verified)
        );
        let verification = verified("{}", &signed("{}", Signer::Account)).await;
        assert_eq!(verification.proves, ["Verify and Notify events of the account"]);
    }

    #[tokio::test]
    async fn each_step_can_fail() {
        let genuine = signed("{}", Signer::Account);
        let (_, base64) = genuine.split_once('=').unwrap();
        for (header, step) in [
            (String::new(), Step::Header),
            (base64.to_owned(), Step::Header),
            (format!("sha256={base64}"), Step::Scheme),
            (format!("rsassa-pss-sha256=!{base64}"), Step::Base64),
            ("rsassa-pss-sha256=AAAA".to_owned(), Step::Length),
            (format!("rsassa-pss-sha256={}", "A".repeat(4096)), Step::Length),
            (signed("{ }", Signer::Account), Step::Keys),
        ] {
            let verification = verified("{}", &header).await;
            assert_eq!(
                (verification.verified, verification.step),
                (false, step),
                "{header:?}: {verification:?}"
            );
            assert_eq!(verification.keys.len(), if step == Step::Keys { 3 } else { 0 });
            assert!(!verification.finding.contains(base64));
        }
    }

    #[tokio::test]
    async fn a_key_of_another_length_is_recognised() {
        let mut keys = KnownKeys::default();
        keys.add_pem(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/keys/account-3072.pub.pem"))
            .unwrap();
        let verification = verify("{}".into(), &signed("{}", Signer::Account), keys, true).await;
        assert_eq!(verification.keys[0].result, TrialResult::OtherLength, "{verification:?}");
    }

    #[tokio::test]
    async fn an_unfetched_key_set_is_not_a_wrong_signature() {
        let mut keys = KnownKeys::default();
        keys.add_jwks(&"https://keys.example/jwks.json".parse().unwrap()).unwrap();
        let verification = verify("{}".into(), &signed("{}", Signer::Account), keys, true).await;
        assert!(verification.finding.contains("could not be fetched"), "{verification:?}");
        assert_eq!(verification.key_sets[0].result, "not_fetched");
    }
}
