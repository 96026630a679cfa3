//! Genuine deliveries, in every form that Prelude may choose.

use prelude_events::{EventType, Source};

use crate::conform::{
    check::{Check, Needs, Plan, Probes, Severity},
    probe::{Probe, Request},
    sender::{KEY_ID, Lane, SIGNATURE, Sender, fresh, post, types_of},
};
use prelude_local::prelude::{Alphabet, SignatureForm};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "verify-event",
        proves: "every type of Verify event is accepted",
        severity: Severity::Critical,
        fault: "refuses-verify-event",
        says: "A genuine Verify event is not accepted. Verify RSASSA-PSS with SHA-256 over the exact bytes of the \
               body, with the account's public key.",
        needs: Needs::AccountKey,
        plan: Plan::InTurn(verify),
    },
    Check {
        name: "notify-event",
        proves: "every type of Notify event is accepted",
        severity: Severity::Critical,
        fault: "refuses-notify-event",
        says: "A genuine Notify event (message, subscription keyword or inbound message) is not accepted. Verify it \
               with the account's public key, like a Verify event.",
        needs: Needs::AccountKey,
        plan: Plan::InTurn(notify),
    },
    Check {
        name: "session-event",
        proves: "every type of Session event is accepted",
        severity: Severity::Critical,
        fault: "refuses-session-event",
        says: "A genuine Session batch of one event is not accepted. Verify it with the key of the app that app_id \
               names.",
        needs: Needs::AppKey,
        plan: Plan::InTurn(session),
    },
    Check {
        name: "session-batch",
        proves: "a Session batch of many events is accepted",
        severity: Severity::Critical,
        fault: "refuses-session-batch",
        says: "A genuine Session batch of several events, or without events, is not accepted.",
        needs: Needs::App,
        plan: Plan::InTurn(session_batch),
    },
    Check {
        name: "v1-event",
        proves: "every type of Verify V1 event is accepted without a signature",
        severity: Severity::Critical,
        fault: "refuses-v1-event",
        says: "A Verify V1 event is not accepted. V1 events have no signature: authenticate them by the secret URL.",
        needs: Needs::UnsignedV1,
        plan: Plan::InTurn(v1),
    },
    Check {
        name: "salt-lengths",
        proves: "a PSS salt of any length is accepted",
        severity: Severity::Critical,
        fault: "demands-a-salt-length",
        says: "A genuine signature is refused because of its salt length, which Prelude does not document. Verify \
               with automatic salt length: libraries that expect the digest's 32 bytes refuse Go's default.",
        needs: Needs::Either,
        plan: Plan::InTurn(salts),
    },
    Check {
        name: "base64-url-safe",
        proves: "a signature in the URL-safe alphabet is accepted",
        severity: Severity::Critical,
        fault: "refuses-url-safe-base64",
        says: "A signature in URL-safe base64 (- and _), which Prelude documents, is refused.",
        needs: Needs::Either,
        plan: Plan::InTurn(|sender| forms(sender, Alphabet::UrlSafe)),
    },
    Check {
        name: "base64-standard",
        proves: "a signature in the standard alphabet is accepted",
        severity: Severity::Minor,
        fault: "refuses-standard-base64",
        says: "A signature in standard base64 (+ and /) is refused. Prelude documents the URL-safe alphabet. \
               Accept both, because that costs nothing and survives a change.",
        needs: Needs::Either,
        plan: Plan::InTurn(|sender| forms(sender, Alphabet::Standard)),
    },
    Check {
        name: "base64-unpadded",
        proves: "a signature without = at its end is accepted",
        severity: Severity::Critical,
        fault: "demands-base64-padding",
        says: "A signature without padding is refused. Prelude does not document the padding: strip = and decode.",
        needs: Needs::Either,
        plan: Plan::InTurn(|sender| padding(sender, false)),
    },
    Check {
        name: "base64-padded",
        proves: "a signature with = at its end is accepted",
        severity: Severity::Critical,
        fault: "refuses-base64-padding",
        says: "A signature with padding is refused. Prelude does not document the padding: strip = and decode.",
        needs: Needs::Either,
        plan: Plan::InTurn(|sender| padding(sender, true)),
    },
    Check {
        name: "header-case",
        proves: "the signature header is found in lower and in title case",
        severity: Severity::Critical,
        fault: "demands-a-header-case",
        says: "The signature header is not found under one of the names X-Webhook-Signature and \
               x-webhook-signature. Ignore the case of header names, because proxies change it.",
        needs: Needs::Either,
        plan: Plan::InTurn(header_case),
    },
    Check {
        name: "key-id",
        proves: "an unknown or missing key id header does not matter",
        severity: Severity::Major,
        fault: "trusts-key-id",
        says: "A genuine event is refused because of X-Webhook-Signature-Key-Id. The header is not signed and may \
               be missing. Use it only to order the keys to try.",
        needs: Needs::Either,
        plan: Plan::InTurn(key_ids),
    },
    Check {
        name: "content-type",
        proves: "any content type is accepted",
        severity: Severity::Minor,
        fault: "demands-a-content-type",
        says: "A genuine event is refused because of its content type, which Prelude does not document. Ignore it.",
        needs: Needs::Either,
        plan: Plan::InTurn(content_types),
    },
    Check {
        name: "duplicate",
        proves: "a repeated delivery is accepted again",
        severity: Severity::Major,
        fault: "refuses-duplicates",
        says: "A repeated delivery is refused. Prelude retries a delivery until it is answered 200, for up to two \
               weeks. Answer 200, and drop the duplicate by its source, app, type and id.",
        needs: Needs::Either,
        plan: Plan::InTurn(duplicates),
    },
    Check {
        name: "concurrent-duplicates",
        proves: "the same delivery, eight times at once, is accepted each time",
        severity: Severity::Major,
        fault: "refuses-concurrent-duplicates",
        says: "The same delivery, sent several times at once, is refused at least once, for example because of a \
               lock or a unique index. Answer 200 each time.",
        needs: Needs::Either,
        plan: Plan::AtOnce(concurrent_duplicates),
    },
];

fn verify(sender: &Sender) -> Probes {
    of_source(sender, Lane::Account, Source::Verify)
}

fn notify(sender: &Sender) -> Probes {
    of_source(sender, Lane::Account, Source::Notify)
}

fn session(sender: &Sender) -> Probes {
    of_source(sender, Lane::App, Source::Session)
}

fn of_source(sender: &Sender, lane: Lane, source: Source) -> Probes {
    let probe = |event_type: &'static EventType| {
        let body = sender.enclose(lane, [fresh(event_type)]);
        Ok(Probe::accepted(event_type.as_str(), sender.signed(lane, body)?))
    };
    types_of(source).map(probe).collect()
}

fn session_batch(sender: &Sender) -> Probes {
    let all = || types_of(Source::Session).map(fresh).collect::<Vec<_>>();
    let many = (0..5).flat_map(|_| all());
    Ok(vec![
        Probe::accepted(
            "a batch of every Session type",
            sender.signed(Lane::App, sender.enclose(Lane::App, all()))?,
        ),
        Probe::accepted("a batch of 60 events", sender.signed(Lane::App, sender.enclose(Lane::App, many))?),
        Probe::accepted("a batch without events", sender.signed(Lane::App, sender.enclose(Lane::App, []))?),
    ])
}

fn v1(_sender: &Sender) -> Probes {
    let probe = |event_type: &EventType| Ok(Probe::accepted(event_type.to_string(), post(fresh(event_type))));
    types_of(Source::VerifyV1).map(probe).collect()
}

fn salts(sender: &Sender) -> Probes {
    let mut probes = Vec::new();
    for lane in sender.lanes() {
        for salt_len in [0, 20, 32, sender.key(lane)?.longest_salt()] {
            let form = SignatureForm { salt_len, ..sender.form(lane) };
            let what = format!("{}, signed with {salt_len} bytes of salt", lane.noun());
            probes.push(Probe::accepted(what, sender.good_in(lane, form)?));
        }
    }
    Ok(probes)
}

/// Events with signatures in this alphabet, with the accepted padding.
fn forms(sender: &Sender, alphabet: Alphabet) -> Probes {
    let probe = |lane: Lane| {
        let form = SignatureForm { alphabet, ..sender.form(lane) };
        let name = if alphabet == Alphabet::UrlSafe { "URL-safe" } else { "standard" };
        let what = format!("{}, its signature in {name} base64", lane.noun());
        Ok(Probe::accepted(what, sender.good_in(lane, form)?))
    };
    sender.lanes().map(probe).collect()
}

/// Events with signatures with or without padding, in the accepted alphabet.
fn padding(sender: &Sender, padding: bool) -> Probes {
    let probe = |lane: Lane| {
        let form = SignatureForm { padding, ..sender.form(lane) };
        let with = if padding { "with" } else { "without" };
        let what = format!("{}, its base64 {with} padding", lane.noun());
        Ok(Probe::accepted(what, sender.good_in(lane, form)?))
    };
    sender.lanes().map(probe).collect()
}

fn header_case(sender: &Sender) -> Probes {
    let mut probes = Vec::new();
    for lane in sender.lanes() {
        for (title_case, name) in [(true, "X-Webhook-Signature"), (false, "x-webhook-signature")] {
            let request = Request { title_case: Some(title_case), ..sender.good(lane)? };
            probes.push(Probe::accepted(format!("{} with {name}", lane.noun()), request));
        }
    }
    Ok(probes)
}

fn key_ids(sender: &Sender) -> Probes {
    let mut probes = Vec::new();
    for lane in sender.lanes() {
        let right = sender.key(lane)?.kid.clone();
        for (what, id) in
            [("its key's id", right.as_str()), ("an unknown key id", "nobody"), ("an empty key id", "")]
        {
            let request = sender.good(lane)?.header(KEY_ID, id);
            probes.push(Probe::accepted(format!("{} with {what}", lane.noun()), request));
        }
    }
    Ok(probes)
}

fn content_types(sender: &Sender) -> Probes {
    let mut probes = Vec::new();
    for lane in sender.lanes() {
        let bare = sender.good(lane)?.without("content-type");
        probes.push(Probe::accepted(format!("{} without a content type", lane.noun()), bare));
        for content_type in ["application/json; charset=utf-8", "text/plain", "application/octet-stream"] {
            let request = sender.good(lane)?.without("content-type").header("content-type", content_type);
            probes.push(Probe::accepted(format!("{} as {content_type}", lane.noun()), request));
        }
    }
    Ok(probes)
}

fn duplicates(sender: &Sender) -> Probes {
    let mut probes = Vec::new();
    for lane in sender.lanes() {
        let request = sender.good(lane)?;
        // A retry may have a new signature for the same event.
        let body = request.body.clone();
        probes.push(Probe::accepted(lane.noun(), request.clone()));
        probes.push(Probe::accepted(format!("{} once more", lane.noun()), request));
        let again = post(body.clone()).header(SIGNATURE, sender.sign(lane, &body)?);
        probes.push(Probe::accepted(format!("{} once more, signed anew", lane.noun()), again));
    }
    Ok(probes)
}

fn concurrent_duplicates(sender: &Sender) -> Probes {
    let mut probes = Vec::new();
    for lane in sender.lanes() {
        let request = sender.good(lane)?;
        let what = format!("{}, one of eight at once", lane.noun());
        probes.extend((0..8).map(|_| Probe::accepted(what.clone(), request.clone())));
    }
    Ok(probes)
}
