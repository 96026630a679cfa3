//! Requests that HTTP allows, and that Prelude does not send.

use http::Method;

use crate::conform::{
    check::{Check, Needs, Plan, Probes, Severity},
    probe::{Probe, Request},
    sender::{Lane, SIGNATURE, Sender, post},
};
use prelude_local::prelude::{ADDRESSES, key::SCHEME};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "spoofed-address",
        proves: "an address that the caller writes into a header does not matter",
        severity: Severity::Critical,
        fault: "trusts-forwarded-for",
        says: "X-Forwarded-For, or a similar header, changes the outcome although any caller can write it. Use the \
               peer's address. Read the header only behind your own proxy, from the right.",
        needs: Needs::Nothing,
        plan: Plan::SameOutcome(spoofed),
    },
    Check {
        name: "methods",
        proves: "methods other than GET and POST are refused",
        severity: Severity::Minor,
        fault: "accepts-odd-methods",
        says: "A genuine event with another method than POST is accepted, or HEAD or OPTIONS is answered with \
               success. Answer 405.",
        needs: Needs::Nothing,
        plan: Plan::InTurn(methods),
    },
    Check {
        name: "large-forgery",
        proves: "a forged body of 5 MB is refused",
        severity: Severity::Major,
        fault: "accepts-large-forgery",
        says: "A forged body of 5 MB is accepted. Verify a body of any size, or refuse it.",
        needs: Needs::Nothing,
        plan: Plan::InTurn(large_forgery),
    },
];

/// Headers in which proxies name their client.
const ADDRESS_HEADERS: [&str; 6] =
    ["x-forwarded-for", "x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip", "forwarded"];

fn from(request: Request, address: &str) -> Request {
    ADDRESS_HEADERS.into_iter().fold(request, |request, name| match name {
        "forwarded" => request.header(name, format!("for={address}")),
        _ => request.header(name, address),
    })
}

fn spoofed(sender: &Sender) -> Probes {
    let [prelude, ..] = ADDRESSES;
    let mut probes = Vec::new();
    let mut pair = |what: String, [plain, other]: [Request; 2], address: &str| {
        probes.push(Probe::answered(what, plain));
        probes.push(Probe::answered(format!("the same with {address} as its address"), from(other, address)));
    };
    for lane in Lane::BOTH {
        if sender.key(lane).is_ok() {
            let unsigned = [(); 2].map(|()| post(sender.body(lane)));
            pair(format!("{} without a signature", lane.noun()), unsigned, prelude);
            // If a genuine event is refused, perhaps because of the address, this header must not change that.
            let address = if sender.is_accepted(lane) { "198.51.100.7" } else { prelude };
            pair(lane.noun().to_owned(), [sender.good(lane)?, sender.good(lane)?], address);
        }
    }
    Ok(probes)
}

fn methods(sender: &Sender) -> Probes {
    let mut probes = Vec::new();
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS] {
        let what = format!("{method} with a genuine event");
        match sender.lanes().next() {
            Some(lane) => probes.push(Probe::refused(what, Request { method, ..sender.good(lane)? })),
            None => probes.push(Probe::refused(format!("{method}"), Request::new(method))),
        }
    }
    Ok(probes)
}

fn large_forgery(_sender: &Sender) -> Probes {
    let body = format!("{{\"type\":\"verify.attempt\",\"padding\":\"{}\"}}", "x".repeat(5_000_000));
    let forged = post(body).header(SIGNATURE, format!("{SCHEME}={}", "A".repeat(342)));
    Ok(vec![Probe::refused("a forged body of 5 MB", forged)])
}
