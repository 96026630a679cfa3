//! Forged requests for each check.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use crate::{
    conform::{
        check::Probes,
        probe::{Probe, Request},
        sender::{Lane, SIGNATURE, Sender, fresh_id, post},
    },
    trigger::outgoing::flipped,
};
use prelude_local::prelude::{KeyError, batch, key::SCHEME, samples::Keys};

/// Probes for each lane whose genuine events are accepted.
fn each(sender: &Sender, probe: impl Fn(Lane) -> Result<Vec<Probe>, KeyError>) -> Probes {
    let probes: Result<Vec<_>, _> = sender.lanes().map(probe).collect();
    Ok(probes?.into_iter().flatten().collect())
}

fn refused(lane: Lane, flaw: &str, request: Request) -> Probe {
    Probe::refused(format!("{} {flaw}", lane.noun()), request)
}

pub(in crate::conform::checks) fn missing(sender: &Sender) -> Probes {
    each(sender, |lane| Ok(vec![refused(lane, "without a signature", post(sender.body(lane)))]))
}

pub(in crate::conform::checks) fn empty(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let with = |value: &str| {
            refused(lane, "with an empty signature", post(sender.body(lane)).header(SIGNATURE, value))
        };
        Ok(vec![with(""), with(&format!("{SCHEME}=")), with(&format!("{SCHEME}===")), with("=")])
    })
}

pub(in crate::conform::checks) fn garbage(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let with = |value: String| {
            refused(lane, "with a made-up signature", post(sender.body(lane)).header(SIGNATURE, value))
        };
        Ok(vec![
            with(format!("{SCHEME}={}", "A".repeat(342))),
            with(format!("{SCHEME}=AAAA")),
            with(format!("{SCHEME}=!?*")),
            with(format!("{SCHEME}={}", "A".repeat(4000))),
        ])
    })
}

pub(in crate::conform::checks) fn tampered_body(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let good = sender.good(lane)?;
        let changed = |change: fn(&mut Vec<u8>)| {
            let mut body = good.body.clone();
            change(&mut body);
            good.clone().with_body(body)
        };
        let another_id = String::from_utf8_lossy(&good.body).replacen("evt_", "evt-", 1);
        Ok(vec![
            refused(lane, "with another id than the signed one", good.clone().with_body(another_id)),
            refused(lane, "with a blank added after signing", changed(|body| body.push(b' '))),
            refused(lane, "with a line end added after signing", changed(|body| body.extend(b"\r\n"))),
            refused(lane, "with a leading blank added after signing", changed(|body| body.insert(0, b' '))),
        ])
    })
}

pub(super) fn truncated_body(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let good = sender.good(lane)?;
        let first = |length: usize| good.clone().with_body(good.body.get(..length).unwrap_or_default());
        let length = good.body.len();
        Ok(vec![
            refused(lane, "cut in half", first(length / 2)),
            refused(lane, "without its last byte", first(length.saturating_sub(1))),
            refused(lane, "without its body", first(0)),
        ])
    })
}

pub(super) fn tampered_signature(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let body = sender.body(lane);
        let genuine = sender.sign(lane, &body)?;
        let text = genuine.split_once('=').map_or("", |(_, text)| text);
        // Not the last character, because a decoder ignores its low bits.
        let tampered = |index: usize| format!("{SCHEME}={}", flipped(text, index));
        let with = |value: String| {
            refused(lane, "with a changed signature", post(body.clone()).header(SIGNATURE, value))
        };
        let shorter = text.trim_end_matches('=').get(..338).unwrap_or_default();
        Ok(vec![
            with(tampered(0)),
            with(tampered(170)),
            with(tampered(330)),
            with(format!("{SCHEME}={shorter}")),
        ])
    })
}

pub(in crate::conform::checks) fn foreign_key(sender: &Sender) -> Probes {
    let unknown = Keys::read()?.other;
    each(sender, |lane| {
        Ok(vec![refused(
            lane,
            "signed by an unknown key",
            sender.signed_by(&unknown, lane, sender.body(lane))?,
        )])
    })
}

pub(super) fn other_apps_key(sender: &Sender) -> Probes {
    let others = sender.identity.apps.iter().skip(1).filter_map(|app| app.keys.first());
    let probe = |key| {
        let request = sender.signed_by(key, Lane::App, sender.body(Lane::App))?;
        Ok(refused(Lane::App, "signed by another app's key", request))
    };
    others.map(probe).collect()
}

pub(super) fn account_key_on_session(sender: &Sender) -> Probes {
    let request = sender.signed_by(sender.key(Lane::Account)?, Lane::App, sender.body(Lane::App))?;
    Ok(vec![refused(Lane::App, "signed by the account's key", request)])
}

pub(super) fn app_key_on_verify(sender: &Sender) -> Probes {
    let request = sender.signed_by(sender.key(Lane::App)?, Lane::Account, sender.body(Lane::Account))?;
    Ok(vec![refused(Lane::Account, "signed by an app's key", request)])
}

pub(super) fn wrong_app(sender: &Sender) -> Probes {
    let event = || format!("{{\"id\":\"{}\",\"type\":\"user.created\",\"payload\":{{}}}}", fresh_id());
    let without_app_id = format!("{{\"events\":[{}]}}", event());
    Ok(vec![
        refused(Lane::App, "of an unknown app", sender.signed(Lane::App, batch("nobody9", [event()]))?),
        refused(Lane::App, "with an empty app id", sender.signed(Lane::App, batch("", [event()]))?),
        refused(Lane::App, "without an app id", sender.signed(Lane::App, without_app_id)?),
    ])
}

pub(super) fn access_token(sender: &Sender) -> Probes {
    let header = json!({"alg": "PS256", "typ": "JWT", "kid": sender.key(Lane::App)?.kid});
    let payload = json!({"sub": "usr_1", "aud": sender.app()?.app_id, "exp": 4_102_444_800_u64});
    let parts = [header, payload].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let request = sender.signed(Lane::App, parts.join("."))?;
    Ok(vec![Probe::refused("an access token of a user of the app", request)])
}

pub(in crate::conform::checks) fn schemes(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let body = sender.body(lane);
        let genuine = sender.sign(lane, &body)?;
        let text = genuine.split_once('=').map_or("", |(_, text)| text);
        let with = |prefix: &str| {
            let request = post(body.clone()).header(SIGNATURE, format!("{prefix}{text}"));
            Probe::refused(format!("{} with the scheme \"{prefix}\"", lane.noun()), request)
        };
        Ok(["sha256=", "", "rsassa-pkcs1-v1_5-sha256=", "rsassa-pss-sha1=", "none=", "="].map(with).into())
    })
}

pub(super) fn duplicated_header(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let body = sender.body(lane);
        let (genuine, another) = (sender.sign(lane, &body)?, sender.sign(lane, b"something else")?);
        let forged = post(body).header(SIGNATURE, sender.sign(lane, b"something different")?);
        // The receiver may accept or refuse the mixed pair, but it must answer.
        let mixed = forged.clone().header(SIGNATURE, genuine);
        Ok(vec![
            refused(lane, "with two forged signatures", forged.header(SIGNATURE, another)),
            Probe::answered(format!("{} with a forged and a genuine signature", lane.noun()), mixed),
        ])
    })
}

pub(super) fn rewritten(sender: &Sender) -> Probes {
    each(sender, |lane| {
        let compact = sender.with_payload(lane, "{\"a\":1}");
        let signature = sender.sign(lane, &compact)?;
        let text = String::from_utf8_lossy(&compact).into_owned();
        let spaced = text.replace("\":", "\": ").replace(",\"", ", \"");
        let with = |body: String| post(body).header(SIGNATURE, signature.clone());
        Ok(vec![
            refused(lane, "signed before blanks were added", with(spaced)),
            refused(
                lane,
                "signed before a number was written as 1.0",
                with(text.replace("\"a\":1}", "\"a\":1.0}")),
            ),
            refused(lane, "signed before a letter was escaped", with(text.replace("\"a\":", "\"\\u0061\":"))),
        ])
    })
}
