//! `prelude doctor`.

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use prelude_events::{EventType, Source};
use prelude_local::{
    aws::faults::{Fault, FaultKind},
    prelude::jwks_server::JwksFault,
};
use serde_json::{Value, json};

use crate::support::{Ran, Stack, run, write_env};

/// Starts a stack with the queues of the template.
async fn deployed() -> Stack {
    let stack = Stack::without(&[]).await;
    let slugs = EventType::ALL.iter().filter_map(EventType::queue_slug);
    for slug in slugs.clone() {
        stack.create_with_dead_letters(slug).await;
    }
    let dead = slugs.clone().map(|slug| format!("{slug}-dlq"));
    for slug in slugs.map(str::to_owned).chain(dead).chain(["unrouted".to_owned()]) {
        stack.set_attribute(&slug, Attribute::MessageRetentionPeriod, "1209600").await;
        stack.set_attribute(&slug, Attribute::KmsMasterKeyId, "alias/queues").await;
    }
    stack
}

fn findings(report: &Value, state: &str) -> Vec<(String, Value)> {
    let groups = report["groups"].as_array().unwrap().iter();
    let findings = groups.flat_map(|group| group["findings"].as_array().unwrap());
    findings
        .filter(|finding| finding["state"] == state)
        .map(|finding| (finding["text"].as_str().unwrap().to_owned(), finding["of"].clone()))
        .collect()
}

#[track_caller]
fn has(report: &Value, state: &str, text: &str) -> Value {
    let found = findings(report, state).into_iter().find(|(found, _)| found.contains(text));
    found.unwrap_or_else(|| panic!("no {state} `{text}` in {report:#}")).1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_by_the_template_has_no_failure() {
    let stack = deployed().await;
    let ran = stack.run(&["doctor"]).await;
    let queues = EventType::ALL.len() + 1;
    ran.assert(
        0,
        &[
            &format!(
                "✓ can be used: 2 Session app(s), 1 account key(s), unsigned: verify_v1, {queues} standard queue(s)"
            ),
            "✓ the environment takes",
            "✓ app app1: 1 key(s): key-app1, fetched in",
            &format!("✓ exists, and is a standard queue: {queues} of them"),
            "✓ 1 path token(s)",
            "✓ this machine's clock agrees with that of\n      app app1's key server\n      app app2's key server\n      SQS",
            "? the function's rights to send to the queues",
            "! a verification_token is written in clear text",
            " 0 failed, ",
        ],
    );
    for secret in ["token-of-app1", &stack.setup.path_token, "BEGIN PUBLIC KEY"] {
        assert!(!ran.all().contains(secret));
    }
    let (code, report) = stack.json(&["doctor"]).await;
    assert_eq!((code, &report["ok"], &report["counts"]["fail"]), (Some(0), &true.into(), &0.into()));
    assert_eq!(has(&report, "ok", "exists, and is a standard queue").as_array().unwrap().len(), queues);
    let warnings = findings(&report, "warn");
    assert_eq!(warnings.len(), 2, "tokens in clear, Session's addresses: {warnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_queue_is_found() {
    let stack = Stack::without(&["user-deleted"]).await;
    stack.create_with_dead_letters("user-created").await;
    stack.put("user-created-dlq", "x", &[]).await;
    stack.set_attribute("user-created", Attribute::MaximumMessageSize, "262144").await;
    stack.set_attribute("user-created", Attribute::MessageRetentionPeriod, "345600").await;
    stack.deliver(br#"{"type":"made.up"}"#).await;
    let to_itself = |slug: &str| json!({"deadLetterTargetArn": format!("arn:aws:sqs:eu-west-1:123456789012:{slug}"), "maxReceiveCount": 1});
    let elsewhere = to_itself("elsewhere").to_string();
    stack.set_attribute("unrouted", Attribute::RedrivePolicy, &elsewhere).await;
    stack.set_attribute("verify-attempt", Attribute::RedrivePolicy, &elsewhere).await;
    let missing = to_itself(&stack.queue("v1-attempt-dlq")).to_string();
    stack.set_attribute("v1-attempt", Attribute::RedrivePolicy, &missing).await;

    let (code, report) = stack.json(&["doctor"]).await;
    assert_eq!(code, Some(1));
    for (state, text, of) in [
        ("fail", "does not exist: its events are parked (queue_missing)", "user-deleted"),
        ("fail", "the parking queue has a redrive policy", "unrouted"),
        ("fail", "a redrive policy names this queue, but it does not exist", "v1-attempt-dlq"),
        ("warn", "takes messages of 262144 bytes only", "user-created"),
        ("warn", "keeps messages for 4.0 days: expected 14", "user-created"),
        ("warn", "about 1 parked message(s): `prelude parked list`", "unrouted"),
        ("warn", "about 1 message(s) that a consumer failed on", "user-created-dlq"),
        ("warn", "has a dead-letter queue of another name", "verify-attempt"),
    ] {
        assert_eq!(has(&report, state, text), json!([stack.queue(of)]), "{text}");
    }
    let without = has(&report, "warn", "has no dead-letter queue");
    let names: Vec<_> = without.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(names.len() > 20 && names.is_sorted(), "{names:?}");
    let fifo: Vec<_> =
        stack.environment.iter().cloned().chain([("PRELUDE_QUEUE_TYPE".into(), "fifo".into())]).collect();
    let path = write_env(&fifo);
    let ran = run(&["doctor", "--env-file", path.to_str().unwrap()], &[]).await;
    std::fs::remove_file(path).unwrap();
    ran.assert(
        1,
        &[
            "✗ does not exist",
            "✗ the parking queue does not exist: deliveries with an event to park are answered with 503",
        ],
    );
}

fn slugs_of(is_wanted: impl Fn(Source) -> bool) -> Vec<&'static str> {
    let wanted = EventType::ALL.iter().filter(|event_type| event_type.source().is_some_and(&is_wanted));
    wanted.filter_map(EventType::queue_slug).collect()
}

/// Runs the doctor with some of the stack's settings removed and others added.
async fn examine(stack: &Stack, without: &[&str], with: &[(&str, &str)]) -> Ran {
    let kept = stack.environment.iter().filter(|(name, _)| !without.contains(&name.as_str())).cloned();
    let set = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let path = write_env(&kept.chain(set).collect::<Vec<_>>());
    let ran = run(&["doctor", "--json", "--env-file", path.to_str().unwrap()], &[]).await;
    std::fs::remove_file(path).unwrap();
    ran
}

const UNSIGNED: [&str; 2] = ["PRELUDE_ACCEPT_UNSIGNED", "PRELUDE_PATH_TOKEN"];

#[tokio::test(flavor = "multi_thread")]
async fn sources_that_are_not_deployed_are_not_reported_as_missing() {
    let stack = Stack::without(&slugs_of(|source| source != Source::Verify)).await;
    let only_verify = [&UNSIGNED[..], &["PRELUDE_APPS"]].concat();
    let ran = examine(&stack, &only_verify, &[]).await;
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, findings(&report, "fail")), (Some(0), Vec::new()));
    assert_eq!(has(&report, "ok", "not deployed: "), json!(["notify", "session", "verify_v1"]));
    let verify = slugs_of(|source| source == Source::Verify).len();
    let there = has(&report, "ok", "exists, and is a standard queue");
    assert_eq!(
        there.as_array().unwrap().len(),
        verify + 1,
        "those of Verify, and the parking queue: {there}"
    );

    // A setting that expects a source's events makes its absent queues a failure.
    let session = slugs_of(|source| source == Source::Session).len();
    let verify_v1 = slugs_of(|source| source == Source::VerifyV1).len();
    for (without, with, missing, left) in [
        (&UNSIGNED[..], vec![], session, json!(["notify", "verify_v1"])),
        (&["PRELUDE_APPS"], vec![], verify_v1, json!(["notify", "session"])),
        (
            &only_verify,
            vec![("PRELUDE_ROUTES", r#"{"user.*":"users"}"#)],
            1,
            json!(["notify", "session", "verify_v1"]),
        ),
    ] {
        let ran = examine(&stack, without, &with).await;
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(ran.code, Some(1), "{report:#}");
        let of = has(&report, "fail", "does not exist: its events are parked");
        assert_eq!(of.as_array().unwrap().len(), missing, "{of}");
        assert_eq!(has(&report, "ok", "not deployed: "), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_a_queue_of_its_sources_and_one_missing_queue_are_failures() {
    let stack = Stack::without(&slugs_of(|source| source != Source::Session)).await;
    let ran = examine(&stack, &UNSIGNED, &[]).await;
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let of = has(&report, "fail", "does not exist: its events are parked");
    let proven = slugs_of(|source| matches!(source, Source::Verify | Source::Notify)).len();
    assert_eq!((ran.code, of.as_array().unwrap().len()), (Some(1), proven), "the account's key expects them");
    assert_eq!(has(&report, "ok", "not deployed: "), json!(["verify_v1"]));

    let stack = Stack::without(&["verify-attempt"]).await;
    let ran = examine(&stack, &UNSIGNED, &[]).await;
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(has(&report, "fail", "does not exist"), json!([stack.queue("verify-attempt")]));
    assert!(findings(&report, "ok").iter().all(|(text, _)| !text.contains("not deployed")), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn key_servers_are_checked_by_their_answers() {
    let stack = deployed().await;
    for (fault, finding) in [
        (JwksFault::Status(500), "✗ app app1: its key server answered 500: expected 200"),
        (JwksFault::Redirect("/elsewhere".into()), "its key server answered 302: expected 200"),
        (JwksFault::Garbage, "✗ app app1: its key set has no usable key: expected RSA keys"),
        (JwksFault::Huge(70_000), "✗ app app1: its key set is too large: expected at most 65536 bytes"),
        (JwksFault::Close, "✗ app app1: "),
        (
            JwksFault::Delay(std::time::Duration::from_millis(2_100)),
            "expected at most 2 s, the receiver's limit",
        ),
    ] {
        stack.key_server.set_fault("app1", fault);
        stack.run(&["doctor"]).await.assert(1, &[finding, "✓ app app2: 1 key(s)"]);
    }
    stack.key_server.set_fault("app1", None);
    let mut keys = stack.prelude.app("app1").unwrap().jwks();
    keys["keys"].as_array_mut().unwrap().push(json!({"kty": "EC"}));
    stack.key_server.publish("app1", &keys);
    stack.run(&["doctor"]).await.assert(0, &["! app app1: 1 of its 2 keys are not used"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_services_are_reported() {
    let stack = deployed().await;
    let denied = FaultKind::Call { status: 403, code: "AccessDenied".into() };
    stack.sqs.inject(Fault::once(denied).during("GetQueueAttributes").always());
    let ran = stack.run(&["doctor"]).await;
    // The finding names five queues.
    let more = format!("and {} more", EventType::ALL.len() + 1 - 5);
    ran.assert(0, &["? cannot be checked: these credentials lack the right sqs:GetQueueAttributes", &more]);
    let offline = stack.run(&["doctor", "--offline"]).await;
    offline.assert(0, &["? not checked: --offline", "✓ can be used"]);
    let dead = stack.run(&["doctor", "--endpoint-url", "http://127.0.0.1:1"]).await;
    dead.assert(1, &["✗ nothing answers at http://127.0.0.1:1", "? SQS's clock could not be read: "]);
    // Only an SQS on this machine needs no credentials.
    let credentials = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, "made-up"));
    let misspelled =
        ["--endpoint-url", "http://name.invalid", "--env-file", stack.env_file.to_str().unwrap()];
    for command in [&["doctor"][..], &["redrive", "--all"]] {
        let ran = run(&[command, &misspelled].concat(), &credentials).await;
        ran.assert(1, &["the host of http://name.invalid cannot be found"]);
        if command[0] == "redrive" {
            let more = format!("• {} more queues were not asked", EventType::ALL.len() - 1);
            ran.assert(1, &[&more]);
            assert_eq!(ran.all().matches("name.invalid").count(), 1, "{}", ran.all());
        }
    }
    let environment: Vec<_> =
        stack.environment.iter().filter(|(name, _)| name != "AWS_ENDPOINT_URL_SQS").cloned().collect();
    let path = write_env(&environment);
    let ran = run(&["doctor", "--env-file", path.to_str().unwrap()], &[]).await;
    std::fs::remove_file(path).unwrap();
    ran.assert(1, &["✗ no AWS credentials: sign in (`aws sso login`"]);
}

#[tokio::test]
async fn settings_are_checked_without_repeating_a_secret() {
    let prefix = ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/p-");
    let apps = ("PRELUDE_APPS", r#"[{"app_id":"a","verification_token":"s3cret"}]"#);
    let bad = [
        ("PRELUDE_QUEUE_TYPE", "both"),
        ("PRELUDE_ALLOWED_IP", "10.0.0.1"),
        ("PRELUDE_APPS", r#"[{"app_id":"a","verification_token":"s3cret"},{"app_id":7}]"#),
    ];
    let ran = run(&["doctor"], &bad).await;
    ran.assert(
        1,
        &[
            "✗ PRELUDE_QUEUE_TYPE is unknown: expected one of standard, fifo",
            "did you mean PRELUDE_ALLOWED_IPS?",
            "✗ PRELUDE_APPS has an entry 1 without the text app_id",
            "✗ PRELUDE_QUEUE_URL_PREFIX is required",
            "? not checked: the receiver does not start with this configuration",
        ],
    );
    assert!(!ran.all().contains("s3cret"));
    for (setting, finding) in [
        (("PRELUDE_IP_CHECK", "report"), "! PRELUDE_IP_CHECK only reports"),
        (("PRELUDE_IP_CHECK", "off"), "! PRELUDE_IP_CHECK is off"),
        (("PRELUDE_IP_CHECK", "enforce"), "✓ PRELUDE_IP_CHECK enforces 3 address block(s)"),
        (
            ("PRELUDE_ALLOWED_IPS", "0.0.0.0/0"),
            "! PRELUDE_ALLOWED_IPS holds a block that admits a large part",
        ),
        (
            ("PRELUDE_PATH_TOKEN", "abcabcabcabcabcabcabcabcabcabcabcabc"),
            "! 1 path token(s) repeat few characters",
        ),
        (
            ("PRELUDE_PATH_TOKEN", "short"),
            "! PRELUDE_PATH_TOKEN holds a token of 5 characters: 32 or more are recommended",
        ),
        (("PRELUDE_JWKS_TTL_SECONDS", "5"), "! PRELUDE_JWKS_TTL_SECONDS is shorter than"),
    ] {
        let ran = run(&["doctor", "--offline"], &[prefix, apps, setting]).await;
        ran.assert(0, &[finding]);
        assert!(!ran.all().contains("s3cret") && !ran.all().contains("abcabc"));
    }
    let digest = format!("sha256:{}", "0".repeat(64));
    let ran = run(&["doctor", "--offline"], &[prefix, apps, ("PRELUDE_PATH_TOKEN", &digest)]).await;
    ran.assert(0, &["? the strength of the path token(s) is unknown: 1 digest(s) hide it"]);
    let many: Vec<_> = (0..60)
        .map(|id| json!({"app_id": format!("app-{id}"), "verification_token": "sha256:".to_owned() + &"0".repeat(64)}))
        .collect();
    let ran = run(&["doctor", "--offline"], &[prefix, ("PRELUDE_APPS", &json!(many).to_string())]).await;
    ran.assert(
        1,
        &["of Lambda's 4096 bytes: it cannot be deployed; move apps or keys into PRELUDE_CONFIG_FILE"],
    );
}
