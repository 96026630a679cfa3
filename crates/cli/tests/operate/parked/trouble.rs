//! Failures are one sentence with the mend.

use aws_sdk_sqs::types::QueueAttributeName;
use prelude_local::aws::faults::{Fault, FaultKind};

use crate::support::{Stack, run, write_env};

const PREFIX: (&str, &str) =
    ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-");
const APPS: (&str, &str) = ("PRELUDE_APPS", r#"[{"app_id":"a","verification_token":"secret"}]"#);

#[tokio::test]
async fn all_problems_of_the_settings_are_reported() {
    let ran = run(&["parked", "list"], &[("PRELUDE_QUEUE_TYPE", "FIFO"), APPS]).await;
    let problems = [
        "prelude: the receiver would not start: ",
        "PRELUDE_QUEUE_TYPE is unknown",
        "PRELUDE_QUEUE_URL_PREFIX is",
    ];
    ran.assert(1, &problems);
    let ran = run(&["parked", "list", "--env-file", "/nowhere/.env"], &[]).await;
    ran.assert(1, &["prelude: /nowhere/.env cannot be read"]);
    assert_eq!(ran.stderr.lines().count(), 1);
}

#[tokio::test]
async fn missing_credentials_and_dead_endpoints_are_one_sentence() {
    for command in [
        &["parked", "list"][..],
        &["parked", "show", "x"],
        &["parked", "replay"],
        &["parked", "delete", "x", "--yes"],
    ] {
        let ran = run(command, &[PREFIX, APPS]).await;
        ran.assert(1, &["no AWS credentials: sign in (`aws sso login`"]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        let dead = [PREFIX, APPS, ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")];
        let ran = run(command, &dead).await;
        ran.assert(1, &["nothing answers at http://127.0.0.1:1: check the network"]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        // Only an SQS on this machine needs no credentials.
        let [id, key] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, "made-up"));
        let misspelled = [PREFIX, APPS, ("AWS_ENDPOINT_URL_SQS", "http://name.invalid"), id, key];
        let ran = run(command, &misspelled).await;
        ran.assert(1, &["the host of http://name.invalid cannot be found: check DNS"]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    let elsewhere = ("PRELUDE_QUEUE_URL_PREFIX", "http://queues.example/1/p-");
    let ran = run(&["parked", "list"], &[elsewhere, APPS]).await;
    ran.assert(1, &["no AWS region: the queues' URL names none, so set AWS_REGION"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_denied_parking_queue_is_reported() {
    let stack = Stack::without(&["unrouted"]).await;
    for command in [
        &["parked", "list"][..],
        &["parked", "show", "x"],
        &["parked", "replay"],
        &["parked", "delete", "x", "--yes"],
    ] {
        stack.run(command).await.assert(1, &["prelude: the parking queue: the queue does not exist"]);
    }
    let denied = FaultKind::Call { status: 403, code: "AccessDenied".into() };
    stack.sqs.inject(Fault::once(denied).during("GetQueueAttributes"));
    stack.run(&["parked", "list"]).await.assert(1, &["these credentials may not do that (AccessDenied"]);
    let expired = FaultKind::Call { status: 403, code: "ExpiredToken".into() };
    stack.sqs.inject(Fault::once(expired).during("GetQueueAttributes"));
    stack
        .run(&["parked", "list"])
        .await
        .assert(1, &["AWS refuses these credentials (ExpiredToken): sign in again"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_policy_on_the_parking_queue_is_reported() {
    let stack = Stack::without(&[]).await;
    stack.sqs.create_queue("dead", 1_048_576).await.unwrap();
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":1}"#;
    stack.set_attribute("unrouted", QueueAttributeName::RedrivePolicy, policy).await;
    stack.run(&["parked", "list"]).await.assert(0, &["prelude: the parking queue has a redrive policy"]);
}

#[tokio::test]
async fn a_line_that_is_not_a_variable_is_not_repeated() {
    let path = write_env(&[("A".into(), "1".into())]);
    std::fs::write(&path, "A=1\nthis is secret\n").unwrap();
    let ran = run(&["parked", "list", "--env-file", path.to_str().unwrap()], &[]).await;
    std::fs::remove_file(path).unwrap();
    ran.assert(1, &[".env, line 2 is not a setting: expected NAME=value"]);
    assert!(!ran.all().contains("secret"));
}

#[tokio::test]
async fn sso_and_credential_programs_are_used_and_their_failures_are_one_sentence() {
    let home = std::env::temp_dir().join(format!("prelude-operate-home-{}", std::process::id()));
    std::fs::create_dir_all(home.join(".aws")).unwrap();
    let profiles = "[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Admin\n\
                    [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example/start\n\
                    [profile program]\ncredential_process = /bin/false\n";
    std::fs::write(home.join(".aws/config"), profiles).unwrap();
    for (profile, error) in [
        ("sso", "failed to load the cached SSO token"),
        ("program", "external process exited with code"),
        ("nobody", "no AWS credentials: sign in"),
    ] {
        let variables = [PREFIX, APPS, ("HOME", home.to_str().unwrap()), ("AWS_PROFILE", profile)];
        let ran = run(&["parked", "list"], &variables).await;
        ran.assert(1, &["prelude: the parking queue: ", error]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    std::fs::remove_dir_all(home).unwrap();
}
