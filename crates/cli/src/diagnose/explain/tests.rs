use std::{collections::BTreeSet, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use prelude_events::EventType;
use serde_json::{Value, json};

use super::*;
use crate::{
    diagnose::{finding::Progress, verify::TrialResult},
    environment::Environment,
    trigger::sign::{SIGNATURE_HEADER, SaltLength, Signer, SigningKeys, header_value},
};
use prelude_local::{
    aws::sqs::EmbeddedSqs,
    prelude::{batch, samples},
    receiver::{Deliver as _, LocalReceiver},
};

fn environment() -> Environment {
    Environment::read(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/.env"))).unwrap()
}

async fn explained(event: &Value, environment: &Environment) -> Explanation {
    explain(event.to_string().as_bytes(), environment.config().unwrap(), true).await.unwrap()
}

fn sample(path: &str) -> Value {
    let files = samples::files().unwrap();
    serde_json::from_str(&files.iter().find(|file| file.path == path).unwrap().text).unwrap()
}

/// Event of a REST API for the same request.
fn rest_api(event: &Value) -> Value {
    let http = &event["requestContext"]["http"];
    json!({
        "path": event["rawPath"], "httpMethod": http["method"], "headers": event["headers"], "body": event["body"],
        "queryStringParameters": event["queryStringParameters"], "isBase64Encoded": event["isBase64Encoded"],
        "requestContext": {"identity": {"sourceIp": http["sourceIp"]}},
    })
}

/// A request with another body, signed for it.
fn signed(body: &[u8], signer: Signer) -> Value {
    let keys = SigningKeys::read(None).unwrap();
    let mut event = sample("verify.attempt.json");
    let header = SIGNATURE_HEADER.to_ascii_lowercase();
    event["headers"][header] = header_value(body, keys.key(signer), SaltLength::Digest).unwrap().into();
    event["body"] = STANDARD.encode(body).into();
    event["isBase64Encoded"] = true.into();
    event
}

/// Compares the answers and destinations of an explanation and of the receiver, for every file of `events/` in both
/// kinds of events, and for bodies that are parked.
#[tokio::test]
async fn an_explanation_agrees_with_the_receiver() {
    let slugs = EventType::ALL.iter().filter_map(EventType::queue_slug).chain(["unrouted"]);
    let queues: Vec<_> = slugs.map(|slug| format!("prelude-webhooks-{slug}")).collect();
    let sqs = EmbeddedSqs::start(&queues).await.unwrap();
    let receiver = LocalReceiver::start(samples::environment().unwrap(), &sqs).unwrap();
    let files = samples::files().unwrap().into_iter();
    let files = files.filter(|file| file.path.ends_with(".json") && file.path != "env.json");
    let mut events: Vec<(String, Value)> =
        files.map(|file| (file.path, serde_json::from_str(&file.text).unwrap())).collect();
    assert_eq!(events.len(), 1 + EventType::ALL.len() + 1 + 16);
    let parts = format!(r#"{{"type":"verify.attempt","payload":{{"x":"{}"}}}}"#, random_text(1_500_000));
    for (name, body, signer) in [
        ("unknown", br#"{"id":"evt_1","type":"verify.newer"}"#.as_slice(), Signer::Account),
        ("not JSON", b"{", Signer::Account),
        ("not UTF-8", b"\xff\xfe", Signer::App),
        ("empty", b"", Signer::Account),
        ("oversize", parts.as_bytes(), Signer::Account),
        (
            "mixed",
            &batch(
                "demoapp1",
                [
                    r#"{"type":"user.created","id":"same"}"#,
                    r#"{"id":"same"}"#,
                    r#"{"type":"user.created","id":"same"}"#,
                ],
            ),
            Signer::App,
        ),
        ("no event", &batch("demoapp1", Vec::<String>::new()), Signer::App),
    ] {
        events.push((name.to_owned(), signed(body, signer)));
    }
    for (name, event) in &events {
        // Parking depends on the body only, so one kind of event is enough.
        let other_api = name.ends_with(".json").then(|| rest_api(event));
        for event in std::iter::once(event.clone()).chain(other_api) {
            let explanation = explained(&event, &environment()).await;
            let answer = receiver.deliver(event).await;
            assert_eq!((explanation.status, &explanation.body), (answer.status, &answer.body), "{name}");
            if let Some(cause) = answer.cause {
                assert_eq!(explanation.code, cause, "{name}");
            }
            let mut expected = Vec::new();
            let named_queues: BTreeSet<_> = explanation.events.iter().map(|event| &event.queue).collect();
            for queue in named_queues {
                for message in sqs.drain(queue).await.unwrap() {
                    let attribute = |name: &str| message.attribute(name).map(str::to_owned);
                    expected.push(EventFate {
                        event_type: attribute("event_type"),
                        event_id: attribute("event_id"),
                        queue: queue.clone(),
                        parked: attribute("reason"),
                        encoding: attribute("encoding"),
                    });
                }
            }
            let sorted = |mut fates: Vec<EventFate>| {
                fates.sort_by_key(|fate| format!("{fate:?}"));
                fates
            };
            assert_eq!(sorted(explanation.events.clone()), sorted(expected), "{name}");
            check(name, &explanation);
        }
    }
    for queue in &queues {
        assert_eq!(sqs.drain(queue).await.unwrap(), [], "{queue} holds a message that no explanation names");
    }
}

/// Checks that the steps fit the answer, and that no secret is in the text.
fn check(name: &str, explanation: &Explanation) {
    let failed: Vec<_> = explanation.steps.iter().filter(|step| step.progress == Progress::Failed).collect();
    assert_eq!(failed.len(), usize::from(!explanation.accepted), "{name}: {explanation:#?}");
    assert_eq!(explanation.advice.is_some(), !explanation.accepted, "{name}");
    let step = match explanation.code {
        "address_not_allowed" | "address_unreadable" => "address",
        "path_unknown" | "path_token_wrong" => "path",
        "method_not_allowed" => "method",
        "not_a_challenge" | "challenge_app_unknown" | "challenge_token_wrong" => "challenge",
        "key_wrong_for_family" | "key_wrong_for_app" | "not_a_delivery" => "family",
        // An unsigned body is parsed, because its source may be accepted unsigned.
        "signature_missing" => "family",
        "accepted" | "challenge_answered" => "",
        _ => "signature",
    };
    assert_eq!(failed.first().map_or("", |finding| finding.step), step, "{name}: {explanation:#?}");
    let text = page(explanation, crate::terminal::Look::PLAIN) + &serde_json::to_string(explanation).unwrap();
    for secret in
        [samples::PATH_TOKEN, samples::VERIFICATION_TOKEN, "another-token", "+33", "rsassa-pss-sha256="]
    {
        assert!(!text.contains(secret), "{name} shows {secret}: {text}");
    }
}

fn random_text(length: usize) -> String {
    let mut bytes = vec![0; length / 4 * 3];
    getrandom::fill(&mut bytes).unwrap();
    STANDARD.encode(bytes)
}

#[tokio::test]
async fn the_findings_name_the_cause() {
    let finding = |explanation: &Explanation, step: &str| {
        explanation.steps.iter().find(|finding| finding.step == step).unwrap().finding.clone()
    };
    let mut environment = environment();
    environment.set("PRELUDE_ALLOWED_IPS", "10.0.0.0/25,34.252.67.128/25");
    let explanation = explained(&sample("user.created.json"), &environment).await;
    assert!(finding(&explanation, "address").ends_with("by its entry 34.252.67.128/25"), "{explanation:#?}");
    assert!(
        finding(&explanation, "signature").contains("Session batches of the app demoapp1"),
        "{explanation:#?}"
    );
    assert_eq!(explanation.keys[0].result, TrialResult::Verified);
    let order: Vec<_> = explanation.steps.iter().map(|step| step.step).collect();
    assert_eq!(order, ["event", "address", "path", "method", "signature", "family", "queues"]);

    environment.set("PRELUDE_IP_CHECK", "report");
    let explanation = explained(&sample("rejected/address_not_allowed.json"), &environment).await;
    assert!(
        explanation.accepted && finding(&explanation, "address").contains("report admits it"),
        "{explanation:#?}"
    );

    environment.set("PRELUDE_TRUSTED_PROXIES", "198.51.100.0/24");
    let mut event = sample("rejected/address_not_allowed.json");
    event["headers"]["x-forwarded-for"] = "1.2.3.4, 34.252.67.209".into();
    let explanation = explained(&event, &environment).await;
    assert!(
        finding(&explanation, "address")
            .starts_with("34.252.67.209 (from X-Forwarded-For, behind the trusted proxy 198.51.100.7) is on"),
        "{explanation:#?}"
    );

    let explanation = explained(&sample("rejected/signature_wrong.json"), &environment).await;
    assert_eq!(explanation.keys.iter().map(|key| key.result).collect::<Vec<_>>(), [TrialResult::Failed; 3]);
    let explanation = explained(&sample("rejected/signature_malformed.json"), &environment).await;
    assert!(finding(&explanation, "signature").ends_with("is not base64"), "{explanation:#?}");
}

#[tokio::test]
async fn an_unfetched_key_set_answers_503_and_says_so() {
    let mut environment = environment();
    environment.set("PRELUDE_APPS", r#"[{"app_id":"demoapp1","verification_token":"t"}]"#);
    let explanation = explained(&sample("user.created.json"), &environment).await;
    assert_eq!((explanation.status, explanation.code), (503, "keys_unavailable"));
    assert_eq!(explanation.key_sets[0].result, "not_fetched");
}

#[tokio::test]
async fn an_input_that_is_not_an_event_is_an_error() {
    let config = || environment().config().unwrap();
    for (text, error) in [
        ("", ExplainError::NotJson),
        ("{", ExplainError::NotJson),
        ("{}", ExplainError::NotApiGateway),
        ("[1]", ExplainError::NotApiGateway),
        (r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, ExplainError::NotApiGateway),
    ] {
        assert_eq!(explain(text.as_bytes(), config(), true).await.unwrap_err(), error, "{text}");
    }
}
