//! Requests of Prelude with fixed ids, signed with the keys of `tests/keys`.

use bytes::Bytes;
use prelude_local::{
    aws::gateway::Request,
    prelude::{
        ADDRESSES, PreludeKey, SIGNATURE_HEADER, batch,
        samples::{APP_ID, Keys, PATH_TOKEN},
        workload::session_events,
    },
};
use prelude_webhooks::{
    authenticate::{
        Delivery,
        public_key::PublicKey,
        signature::{Owner, Owners, Ownership, Unverified},
    },
    event::Batch,
    parse::parse,
    publish::MAX_EVENTS,
};
use serde_json::json;

/// Signed request, before any step.
pub struct Webhook {
    /// Name in the report.
    pub name: String,
    /// Number of events in the body.
    pub events: usize,
    body: Bytes,
    signature: String,
    owner: Owner,
    key: PublicKey,
}

impl Webhook {
    /// One event of the account, as the smallest delivery is.
    pub fn of_one() -> Self {
        Self::of_account("1", &attempt(""))
    }

    /// Batch of a Session app, with events of seven types.
    pub fn of_batch(events: usize) -> Self {
        let body = batch(APP_ID, session_events(events));
        let owner = Owner::App(APP_ID.into());
        Self::signed(events.to_string(), events, body, owner, &Keys::read().unwrap().app)
    }

    /// One event that nearly fills Lambda's limit of 6 MB, and that gzip cannot make small.
    pub fn of_6_mb() -> Self {
        let mut random = fastrand::Rng::with_seed(1);
        let noise: String = std::iter::repeat_with(|| random.alphanumeric()).take(6_000_000).collect();
        Self::of_account("6 MB", &attempt(&noise))
    }

    /// Length of the body in bytes.
    pub const fn length(&self) -> usize {
        self.body.len()
    }

    /// Lambda event of an HTTP API that carries the request.
    pub fn lambda_event(&self) -> Vec<u8> {
        let mut event = Request::new("POST", format!("/webhooks/{PATH_TOKEN}"), ADDRESSES[0])
            .json(self.body.to_vec())
            .header(SIGNATURE_HEADER, &self.signature)
            .http_api_event();
        // The local API Gateway makes them anew for each event.
        let context = &mut event["requestContext"];
        context["requestId"] = "JKJaXmPLvHcESHA=".into();
        context["time"] = "22/Nov/2026:00:00:00 +0000".into();
        context["timeEpoch"] = 1_795_305_600_000_u64.into();
        event.to_string().into_bytes()
    }

    /// Verifies the signature.
    pub fn verify(&self) -> Delivery {
        let unverified = Unverified::new(self.body.clone(), self.signature.as_bytes()).unwrap();
        let owners = |_key: &PublicKey| Owners {
            known: vec![Ownership { owner: self.owner.clone(), key_id: "key".into() }],
            undecided: Vec::new(),
        };
        Delivery::Signed(unverified.verify([&self.key], owners, |_key, _trial| ()).unwrap())
    }

    /// Verifies the signature, and cuts the body into events.
    pub fn cut(&self) -> Batch {
        parse(&self.verify(), MAX_EVENTS).unwrap()
    }

    fn of_account(name: &str, event: &str) -> Self {
        let body = event.as_bytes().to_vec();
        Self::signed(name.to_owned(), 1, body, Owner::Account, &Keys::read().unwrap().account)
    }

    fn signed(name: String, events: usize, body: Vec<u8>, owner: Owner, key: &PreludeKey) -> Self {
        let signature = key.sign(&body).unwrap();
        let key = PublicKey::all_from_pem(&key.public_key_pem().unwrap()).unwrap().remove(0);
        Self { name, events, body: body.into(), signature, owner, key }
    }
}

fn attempt(extra: &str) -> String {
    json!({
        "id": "evt_1",
        "type": "verify.attempt",
        "created_at": "2026-11-21T00:00:00Z",
        "payload": {"verification_id": "vrf_1", "id": "att", "to": "+33600000000", "channel": "sms", "extra": extra},
    })
    .to_string()
}
