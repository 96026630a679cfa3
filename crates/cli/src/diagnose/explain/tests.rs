use std::{collections::BTreeSet, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use prelude_events::EventType;
use serde_json::{Value, json};

use super::*;
use crate::{
    diagnose::verify::TrialResult,
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

/// A REST API's event of the same request.
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

/// Every file of `events/`, and what is parked, in both kinds of events, is explained as the receiver answers it, and
/// told to be where the receiver puts it.
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
        // What is parked is parked by its body, whatever API it came through.
        let other_api = name.ends_with(".json").then(|| rest_api(event));
        for event in std::iter::once(event.clone()).chain(other_api) {
            let told = explained(&event, &environment()).await;
            let answer = receiver.deliver(event).await;
            assert_eq!((told.status, &told.body), (answer.status, &answer.body), "{name}");
            if let Some(cause) = answer.cause {
                assert_eq!(told.code, cause, "{name}");
            }
            let mut expected = Vec::new();
            let told_queues: BTreeSet<_> = told.events.iter().map(|event| &event.queue).collect();
            for queue in told_queues {
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
            assert_eq!(sorted(told.events.clone()), sorted(expected), "{name}");
            check(name, &told);
        }
    }
    for queue in &queues {
        assert_eq!(sqs.drain(queue).await.unwrap(), [], "{queue} holds what no explanation told of");
    }
}

/// The steps fit the answer, and no secret is in the text.
fn check(name: &str, told: &Explanation) {
    let failed: Vec<_> = told.steps.iter().filter(|step| step.progress == Progress::Failed).collect();
    assert_eq!(failed.len(), usize::from(!told.accepted), "{name}: {told:#?}");
    assert_eq!(told.advice.is_some(), !told.accepted, "{name}");
    let step = match told.code {
        "address_not_allowed" | "address_unreadable" => "address",
        "path_unknown" | "path_token_wrong" => "path",
        "method_not_allowed" => "method",
        "not_a_challenge" | "challenge_app_unknown" | "challenge_token_wrong" => "challenge",
        "key_wrong_for_family" | "key_wrong_for_app" | "not_a_delivery" => "family",
        // An unsigned body is looked at: it could be a family's that is accepted so.
        "signature_missing" => "family",
        "accepted" | "challenge_answered" => "",
        _ => "signature",
    };
    assert_eq!(failed.first().map_or("", |finding| finding.step), step, "{name}: {told:#?}");
    let text = page(told, crate::terminal::Look::PLAIN) + &serde_json::to_string(told).unwrap();
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
async fn the_findings_name_what_decided() {
    let finding = |told: &Explanation, step: &str| {
        told.steps.iter().find(|finding| finding.step == step).unwrap().finding.clone()
    };
    let mut environment = environment();
    environment.set("PRELUDE_ALLOWED_IPS", "10.0.0.0/25,34.252.67.128/25");
    let told = explained(&sample("user.created.json"), &environment).await;
    assert!(finding(&told, "address").ends_with("by its entry 34.252.67.128/25"), "{told:#?}");
    assert!(finding(&told, "signature").contains("Session batches of the app demoapp1"), "{told:#?}");
    assert_eq!(told.keys[0].result, TrialResult::Verified);
    let order: Vec<_> = told.steps.iter().map(|step| step.step).collect();
    assert_eq!(order, ["event", "address", "path", "method", "signature", "family", "queues"]);

    environment.set("PRELUDE_IP_CHECK", "report");
    let told = explained(&sample("rejected/address_not_allowed.json"), &environment).await;
    assert!(told.accepted && finding(&told, "address").contains("report admits it"), "{told:#?}");

    environment.set("PRELUDE_TRUSTED_PROXIES", "198.51.100.0/24");
    let mut event = sample("rejected/address_not_allowed.json");
    event["headers"]["x-forwarded-for"] = "1.2.3.4, 34.252.67.209".into();
    let told = explained(&event, &environment).await;
    assert!(
        finding(&told, "address")
            .starts_with("34.252.67.209 (from X-Forwarded-For, behind the trusted proxy 198.51.100.7) is on"),
        "{told:#?}"
    );

    let told = explained(&sample("rejected/signature_wrong.json"), &environment).await;
    assert_eq!(told.keys.iter().map(|key| key.result).collect::<Vec<_>>(), [TrialResult::Failed; 2]);
    let told = explained(&sample("rejected/signature_malformed.json"), &environment).await;
    assert!(finding(&told, "signature").ends_with("is not base64"), "{told:#?}");
}

#[tokio::test]
async fn an_unfetched_key_set_answers_503_and_says_so() {
    let mut environment = environment();
    environment.set("PRELUDE_APPS", r#"[{"app_id":"demoapp1","verification_token":"t"}]"#);
    let told = explained(&sample("user.created.json"), &environment).await;
    assert_eq!((told.status, told.code), (503, "keys_unavailable"));
    assert_eq!(told.key_sets[0].result, "not_fetched");
}

#[tokio::test]
async fn what_is_no_event_is_told() {
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
