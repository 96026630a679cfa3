//! What the receiver checked, step by step, read off its answer and its log.

use prelude_webhooks::rejection::Rejection;
use serde::Serialize;
use serde_json::Value;

use super::delivery::Message;
use prelude_local::aws::gateway::{Exchange, Request};

/// One step, in the receiver's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which.
    pub step: Step,
    /// How it went.
    pub outcome: Outcome,
    /// What was found.
    pub detail: String,
}

/// The steps of the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Is the caller's address on the allow-list?
    Address,
    /// Is it the endpoint's path, with its token?
    Path,
    /// `GET` or `POST`?
    Method,
    /// Is the challenge, or the signature, proven?
    Proof,
    /// Does the key prove events of this family and app?
    Family,
    /// Is every event durable?
    Queues,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it must.
    Passed,
    /// Well enough, and worth a look.
    Noted,
    /// It decided the answer.
    Failed,
    /// It was not come to, or has no meaning here.
    Skipped,
}

const STEPS: [Step; 6] = [Step::Address, Step::Path, Step::Method, Step::Proof, Step::Family, Step::Queues];

/// The steps of one exchange; none when API Gateway answered by itself.
pub fn checks(exchange: &Exchange, messages: &[Message]) -> Vec<Check> {
    let Some(result) = result(&exchange.log) else { return Vec::new() };
    let code = text(result, "code");
    let failed = REJECTIONS.iter().find(|rejection| rejection.code() == code).copied();
    let failed_step = failed.map(step_of);
    let is_challenge = code == "challenge_answered";
    let check = |step: Step| {
        let (outcome, detail) = match failed_step {
            Some(failed_step) if step == failed_step => (Outcome::Failed, text(result, "message").to_owned()),
            Some(failed_step) if step > failed_step => (Outcome::Skipped, String::new()),
            _ if is_challenge && step > Step::Proof => (Outcome::Skipped, String::new()),
            _ => passed(step, exchange, result, messages, is_challenge),
        };
        Check { step, outcome, detail }
    };
    STEPS.into_iter().map(check).collect()
}

/// The log line of the result.
pub(super) fn result(log: &[Value]) -> Option<&Value> {
    log.iter().rev().find(|line| line.get("status").is_some())
}

fn passed(
    step: Step,
    exchange: &Exchange,
    result: &Value,
    messages: &[Message],
    is_challenge: bool,
) -> (Outcome, String) {
    let Request { source_ip, method, path, .. } = &exchange.request;
    let detail = match step {
        Step::Address => {
            let noted = exchange.log.iter().find(|line| text(line, "code") == "address_check");
            if let Some(would_refuse) = noted.map(|line| text(line, "would_refuse")) {
                return (Outcome::Noted, format!("{source_ip}: `enforce` would refuse it ({would_refuse})"));
            }
            source_ip.clone()
        }
        Step::Path => path.clone(),
        Step::Method => method.clone(),
        Step::Proof if is_challenge => "the challenge carries the app's verification token".to_owned(),
        Step::Proof => match proof(messages) {
            Some(("secret_path", _)) => "no signature; the secret path and a listed address".to_owned(),
            Some((_, Some(key_id))) => format!("signed by the key {key_id}"),
            _ => "signed by a configured key".to_owned(),
        },
        Step::Family => match messages.first().map(|message| &message.attributes) {
            Some(attributes) => match (attributes.get("source"), attributes.get("app_id")) {
                (Some(source), Some(app_id)) => format!("{source}, by the app {app_id}"),
                (Some(source), None) => source.clone(),
                (None, _) => "none: what no family has is parked".to_owned(),
            },
            None => "the proof is the one that this family of events needs".to_owned(),
        },
        Step::Queues => {
            let number = |name| result.get(name).and_then(Value::as_u64).unwrap_or_default();
            let (accepted, parked) = (number("accepted"), number("parked"));
            if parked > 0 {
                let reasons = text(result, "reasons");
                return (Outcome::Noted, format!("{accepted} durable, {parked} of them parked: {reasons}"));
            }
            let queues: Vec<_> = text(result, "queues").split(' ').collect();
            match queues.as_slice() {
                [queue] => format!("{accepted} durable in {}", queue.split('=').next().unwrap_or(queue)),
                queues => format!("{accepted} durable in {} queues", queues.len()),
            }
        }
    };
    (Outcome::Passed, detail)
}

fn proof(messages: &[Message]) -> Option<(&str, Option<&str>)> {
    let message = messages.first()?;
    let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
    Some((attribute("authentication")?, attribute("key_id")))
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The step that a rejection is of. A new one has to be added to [`REJECTIONS`] too.
const fn step_of(rejection: Rejection) -> Step {
    match rejection {
        Rejection::AddressNotAllowed | Rejection::AddressUnreadable => Step::Address,
        Rejection::PathUnknown | Rejection::PathTokenWrong => Step::Path,
        Rejection::MethodNotAllowed => Step::Method,
        Rejection::NotAChallenge
        | Rejection::ChallengeAppUnknown
        | Rejection::ChallengeTokenWrong
        | Rejection::BodyNotBase64
        | Rejection::SignatureMissing
        | Rejection::UnsignedFromUnlistedAddress
        | Rejection::UnsignedTokenShort
        | Rejection::SignatureMalformed
        | Rejection::SignatureSchemeUnknown
        | Rejection::SignatureWrong
        | Rejection::KeysUnavailable => Step::Proof,
        Rejection::UnsignedTypeUnknown
        | Rejection::KeyWrongForFamily
        | Rejection::KeyWrongForApp
        | Rejection::NotADelivery => Step::Family,
        Rejection::PublishFailed | Rejection::Panicked | Rejection::OutOfTime => Step::Queues,
    }
}

const REJECTIONS: [Rejection; 23] = [
    Rejection::AddressNotAllowed,
    Rejection::AddressUnreadable,
    Rejection::PathUnknown,
    Rejection::PathTokenWrong,
    Rejection::MethodNotAllowed,
    Rejection::NotAChallenge,
    Rejection::ChallengeAppUnknown,
    Rejection::ChallengeTokenWrong,
    Rejection::BodyNotBase64,
    Rejection::SignatureMissing,
    Rejection::UnsignedFromUnlistedAddress,
    Rejection::UnsignedTokenShort,
    Rejection::UnsignedTypeUnknown,
    Rejection::SignatureMalformed,
    Rejection::SignatureSchemeUnknown,
    Rejection::SignatureWrong,
    Rejection::KeyWrongForFamily,
    Rejection::KeyWrongForApp,
    Rejection::NotADelivery,
    Rejection::KeysUnavailable,
    Rejection::PublishFailed,
    Rejection::Panicked,
    Rejection::OutOfTime,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rejection_of_the_receiver_is_known_here() {
        let source = include_str!("../../../../src/rejection.rs");
        let codes = source.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \""));
        let codes: Vec<_> = codes.map(|(_, code)| code.trim_end_matches("\",")).collect();
        assert_eq!(codes, REJECTIONS.map(Rejection::code));
    }
}
