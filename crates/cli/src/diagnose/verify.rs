//! Verifies a body's signature as the receiver does, with its own code, and tells which step fails and which keys were
//! tried.

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
pub use keys::{KeyTrial, KeysError, KnownKeys, TrialResult};
pub(crate) use keys::{Labels, Trials};
pub(crate) use text::key_lines;
pub use text::page;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether a key verifies the signature.
    pub verified: bool,
    /// How far it came: the step that failed, or the last one.
    pub step: Step,
    /// What was found there.
    pub finding: String,
    /// The keys that were compared, in order.
    pub keys: Vec<KeyTrial>,
    /// The apps' key sets, and what came of fetching them.
    pub key_sets: Vec<KeySetFetch>,
    /// What the signature proves.
    pub proves: Vec<String>,
}

/// The steps of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// There is a header, once, of the form `<scheme>=<base64>`.
    Header,
    /// The scheme is the one that Prelude uses.
    Scheme,
    /// The rest is base64.
    Base64,
    /// The signature is as long as a key's may be.
    Length,
    /// A key verifies it.
    Keys,
}

impl Step {
    /// Its name in texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Scheme => "scheme",
            Self::Base64 => "base64",
            Self::Length => "length",
            Self::Keys => "keys",
        }
    }

    /// All of them, in the order in which they are taken.
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

/// Verifies a body with the value of its signature header. `offline` fetches no key set.
pub async fn verify(body: Bytes, header: Option<&str>, keys: KnownKeys, offline: bool) -> Verdict {
    let failed = |step, finding: String| Verdict {
        verified: false,
        step,
        finding,
        keys: Vec::new(),
        key_sets: Vec::new(),
        proves: Vec::new(),
    };
    let Some(header) = header else {
        return failed(Step::Header, "there is no signature header".to_owned());
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
        Ok(verified) => proofs(verified, &apps.iter().map(|app| &*app.app_id).collect::<Vec<_>>(), generic),
        Err(_) => Vec::new(),
    };
    Verdict {
        verified: result.is_ok(),
        step: Step::Keys,
        finding: match &result {
            Ok(_) => format!("the signature of {length} bytes is genuine"),
            Err(_) if fetched.is_incomplete() => {
                "no key at hand verifies the signature, and an app's key set could not be fetched".to_owned()
            }
            Err(rejection) => rejection.to_string(),
        },
        keys: trials.rows(&labels),
        key_sets: fetched.rows(&apps),
        proves,
    }
}

/// What a verified body is proven to be, by every owner of its key.
pub(crate) fn proofs(verified: &Verified, app_ids: &[&str], generic: bool) -> Vec<String> {
    if generic {
        return vec!["that whoever holds the private half of this key signed exactly these bytes".to_owned()];
    }
    let mut proofs = Vec::new();
    if verified.key_id_of(&Owner::Account).is_some() {
        proofs.push("Verify and Notify events of the account".to_owned());
    }
    for app_id in app_ids {
        if verified.key_id_of(&Owner::App((*app_id).into())).is_some() {
            proofs.push(format!("Session batches of the app {app_id}"));
        }
    }
    proofs
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

    async fn verdict(body: &str, header: Option<&str>) -> Verdict {
        verify(body.to_owned().into(), header, configured(), true).await
    }

    #[tokio::test]
    async fn a_genuine_signature_names_its_key_and_what_it_proves() {
        let body = r#"{"app_id":"demoapp1","events":[]}"#;
        let told = verdict(body, Some(&signed(body, Signer::App))).await;
        assert!(told.verified && told.step == Step::Keys, "{told:?}");
        assert_eq!(told.proves, ["Session batches of the app demoapp1"]);
        assert_eq!(told.keys.len(), 1, "the app that the body names is tried first: {told:?}");
        assert_eq!(
            (told.keys[0].owner.as_str(), told.keys[0].result),
            ("app demoapp1", TrialResult::Verified)
        );
        let told = verdict("{}", Some(&signed("{}", Signer::Account))).await;
        assert_eq!(told.proves, ["Verify and Notify events of the account"]);
    }

    #[tokio::test]
    async fn each_step_can_fail() {
        let genuine = signed("{}", Signer::Account);
        let (_, base64) = genuine.split_once('=').unwrap();
        for (header, step) in [
            (None, Step::Header),
            (Some(String::new()), Step::Header),
            (Some(base64.to_owned()), Step::Header),
            (Some(format!("sha256={base64}")), Step::Scheme),
            (Some(format!("rsassa-pss-sha256=!{base64}")), Step::Base64),
            (Some("rsassa-pss-sha256=AAAA".to_owned()), Step::Length),
            (Some(format!("rsassa-pss-sha256={}", "A".repeat(4096))), Step::Length),
            (Some(signed("{ }", Signer::Account)), Step::Keys),
        ] {
            let told = verdict("{}", header.as_deref()).await;
            assert_eq!((told.verified, told.step), (false, step), "{header:?}: {told:?}");
            assert_eq!(told.keys.len(), if step == Step::Keys { 2 } else { 0 });
            assert!(!told.finding.contains(base64));
        }
    }

    #[tokio::test]
    async fn a_key_of_another_length_is_told_apart() {
        let mut keys = KnownKeys::default();
        keys.add_pem(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/keys/account-3072.pub.pem"))
            .unwrap();
        let told = verify("{}".into(), Some(&signed("{}", Signer::Account)), keys, true).await;
        assert_eq!(told.keys[0].result, TrialResult::OtherLength, "{told:?}");
    }

    #[tokio::test]
    async fn an_unfetched_key_set_is_no_wrong_signature() {
        let mut keys = KnownKeys::default();
        keys.add_jwks("https://keys.example/jwks.json").unwrap();
        let told = verify("{}".into(), Some(&signed("{}", Signer::Account)), keys, true).await;
        assert!(told.finding.contains("could not be fetched"), "{told:?}");
        assert_eq!(told.key_sets[0].result, "not_fetched");
    }
}
