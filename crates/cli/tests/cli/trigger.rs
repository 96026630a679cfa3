//! `prelude trigger`.
#![cfg(test)]

use std::{collections::BTreeSet, process::Output};

use prelude_events::{EventType, Received, Source};
use prelude_local::{
    aws::{
        gateway::{Api, GatewayServer},
        sqs::{EmbeddedSqs, SqsServer},
    },
    prelude::samples,
    receiver::LocalReceiver,
};
use serde_json::Value;

use crate::run::{Scratch, assert_misused, assert_refused, prelude, text};

/// Receiver between an HTTP API and an SQS, each on its own port, with the settings of `events/.env`.
struct Stack {
    sqs: EmbeddedSqs,
    sqs_server: SqsServer,
    api: GatewayServer,
}

impl Stack {
    async fn start() -> Self {
        let slugs = EventType::ALL.iter().filter_map(EventType::queue_slug).chain(["unrouted"]);
        Self::with(slugs.map(queue).collect(), []).await
    }

    /// Starts a stack with these queues and additional settings.
    async fn with<const N: usize>(queues: Vec<String>, settings: [(&str, &str); N]) -> Self {
        let sqs = EmbeddedSqs::start(queues).await.unwrap();
        let sqs_server = SqsServer::start(&sqs, 0).await.unwrap();
        let mut environment = samples::environment().unwrap();
        environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let receiver = LocalReceiver::start(environment, &sqs).unwrap();
        let api = GatewayServer::start(Api::new(receiver), 0, GatewayServer::SOURCE_IP).await.unwrap();
        Self { sqs, sqs_server, api }
    }

    /// Runs `prelude trigger` against this stack.
    async fn trigger(&self, arguments: &[&str]) -> Output {
        let url = format!("{}/webhooks/{}", self.api.url(), samples::PATH_TOKEN);
        let mut command =
            vec!["trigger".to_owned(), "--url".into(), url, "--sqs".into(), self.sqs_server.endpoint()];
        command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        tokio::task::spawn_blocking(move || prelude(&command.iter().map(String::as_str).collect::<Vec<_>>()))
            .await
            .unwrap()
    }

    async fn rows(&self, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
        let output = self.trigger(&[arguments, &["--json"]].concat()).await;
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        assert_eq!(report["ok"] == true, output.status.success());
        assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
        (output.status.code(), report["rows"].as_array().unwrap().clone())
    }

    async fn bodies(&self, slug: &str) -> Vec<String> {
        self.sqs.drain(&queue(slug)).await.unwrap().into_iter().map(|message| message.body).collect()
    }
}

fn queue(slug: impl std::fmt::Display) -> String {
    format!("prelude-webhooks-{slug}")
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sends_every_type_to_its_queue_and_consumes_none() {
    let stack = Stack::start().await;
    let (code, rows) = stack.rows(&["all"]).await;
    assert_eq!((code, rows.len()), (Some(0), EventType::ALL.len()), "{rows:#?}");
    let mut queues = BTreeSet::new();
    for (row, event_type) in rows.iter().zip(EventType::ALL) {
        assert_eq!((&row["event"], &row["status"]), (&event_type.as_str().into(), &200.into()));
        assert_eq!(row["answer"], r#"{"accepted":1}"#);
        let own = queue(event_type.queue_slug().unwrap());
        let messages = stack.sqs.drain(&own).await.unwrap();
        assert_eq!(messages.len(), 1, "{own}");
        assert_eq!(row["messages"][0]["message_id"], messages[0].message_id, "{own}");
        assert_eq!(row["messages"][0]["queue"], own);
        assert_eq!(messages[0].attribute("event_type"), Some(event_type.as_str()));
        let received = Received::parse(&messages[0].body).unwrap();
        assert_eq!(received.event.event_type(), *event_type);
        queues.insert(own);
    }
    assert_eq!(queues.len(), EventType::ALL.len());
    assert!(stack.bodies("unrouted").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_answer_queue_and_message() {
    let stack = Stack::start().await;
    let output = stack.trigger(&["user.created", "--batch", "2", "--count", "2"]).await;
    let page = text(&output.stdout);
    assert!(output.status.success() && output.stderr.is_empty(), "{page}{}", text(&output.stderr));
    assert_eq!(page.matches(r#"✓ user.created  200 {"accepted":2}"#).count(), 2, "{page}");
    assert_eq!(page.matches("→ prelude-webhooks-user-created  ").count(), 4, "{page}");
    assert!(page.contains("2 of 2 answers as expected") && !page.contains('\u{1b}'), "{page}");
    let ids: BTreeSet<_> = stack.bodies("user-created").await.into_iter().collect();
    assert_eq!(ids.len(), 4, "four different events");
}

#[tokio::test(flavor = "multi_thread")]
async fn tampered_requests_get_the_expected_answer() {
    let stack = Stack::start().await;
    for tamper in ["body", "signature", "key", "salt", "none"] {
        let status = if ["salt", "none"].contains(&tamper) { 200 } else { 401 };
        for event_type in ["verify.attempt", "user.created", "attempt"] {
            let (code, rows) = stack.rows(&[event_type, "--tamper", tamper]).await;
            assert_eq!((code, &rows[0]["status"]), (Some(0), &status.into()), "{tamper} {event_type}");
        }
    }
    for source in Source::ALL {
        let event_type = EventType::ALL.iter().find(|known| known.source() == Some(*source)).unwrap();
        let (code, rows) = stack.rows(&[event_type.as_str(), "--unsigned"]).await;
        let status = if *source == Source::VerifyV1 { 200 } else { 401 };
        assert_eq!((code, &rows[0]["status"]), (Some(0), &status.into()), "{source}");
    }
    let (code, rows) = stack.rows(&["user.created", "--app", "another"]).await;
    assert_eq!((code, &rows[0]["status"], &rows[0]["expected"]), (Some(1), &401.into(), &200.into()));
    assert_eq!(stack.rows(&["user.created", "--app", "another", "--expect", "401"]).await.0, Some(0));
    let output = stack.trigger(&["verify.attempt", "--expect", "401"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("expected 401"), "{}", text(&output.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_set_and_ids_kept() {
    let stack = Stack::start().await;
    let set = ["--set", "payload.price.amount=0.0500", "--set", "payload.target.value=+33639980002"];
    let (_, rows) = stack.rows(&[&["verify.attempt", "--keep-ids"], &set[..]].concat()).await;
    let id = "evt_01jnh50110f1gt7n74yb6kcrzb";
    let bodies = stack.bodies("verify-attempt").await;
    for part in [r#""amount":0.0500"#, r#""value":"+33639980002""#, id] {
        assert!(bodies[0].contains(part), "{part}: {bodies:?}");
    }
    assert_eq!(rows[0]["messages"].as_array().unwrap().len(), 1);
    stack.rows(&["verify.attempt"]).await;
    assert!(!stack.bodies("verify-attempt").await[0].contains(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_is_the_same_bytes_twice() {
    let stack = Stack::start().await;
    let (code, rows) = stack.rows(&["verify.attempt", "--duplicate", "--count", "3", "--rate", "200"]).await;
    assert_eq!((code, rows.len()), (Some(0), 6));
    let ids: BTreeSet<_> =
        rows.iter().map(|row| row["messages"][0]["message_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 6, "each request has its own message: {rows:#?}");
    let bodies = stack.bodies("verify-attempt").await;
    assert_eq!((bodies.len(), bodies.iter().collect::<BTreeSet<_>>().len()), (6, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_sent_unchanged() {
    let stack = Stack::start().await;
    let raw = "{ \"id\":\"evt_file\", \"type\" : \"verify.newer\", \"n\":1.50 }\n";
    let file = Scratch::new("trigger.json", raw);
    let (code, rows) = stack.rows(&["--file", file.path()]).await;
    assert_eq!((code, &rows[0]["event"]), (Some(0), &"file".into()));
    assert_eq!(rows[0]["messages"][0]["parked"], "unknown_type", "{rows:#?}");
    assert_eq!(stack.bodies("unrouted").await, [raw]);
    let batch =
        Scratch::new("trigger-batch.json", r#"{"app_id":"demoapp1","events":[{"type":"user.deleted"}]}"#);
    let (code, _) = stack.rows(&["--file", batch.path()]).await;
    assert_eq!((code, stack.bodies("user-deleted").await.len()), (Some(0), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_a_signature_has_the_expectation_of_its_source() {
    let stack = Stack::start().await;
    let v1 = samples_of("attempt");
    let verify = samples_of("verify.attempt");
    let unknown = r#"{"type":"attempt.newer"}"#.to_owned();
    // An array of events is a Session batch, whatever its type claims.
    let batch = r#"{"type":"attempt","app_id":"demoapp1","events":[]}"#.to_owned();
    for (body, status) in [(v1, 200), (verify, 401), (unknown, 401), (batch, 401), ("{".to_owned(), 401)] {
        let file = Scratch::new("unsigned.json", &body);
        let (code, rows) = stack.rows(&["--file", file.path(), "--unsigned"]).await;
        assert_eq!(
            (code, &rows[0]["status"], &rows[0]["expected"]),
            (Some(0), &status.into(), &status.into()),
            "{body}"
        );
    }
}

fn samples_of(event_type: &str) -> String {
    text(&prelude(&["events", "show", event_type, "--sample"]).stdout).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_in_no_queue_is_reported_with_its_likely_cause() {
    let stack = Stack::start().await;
    let another = EmbeddedSqs::start([queue("user-created")]).await.unwrap();
    let another = SqsServer::start(&another, 0).await.unwrap();
    let url = format!("{}/webhooks/{}", stack.api.url(), samples::PATH_TOKEN);
    let endpoint = another.endpoint();
    let run = move |more: &[&str]| {
        let line = ["trigger", "user.created", "--batch", "2", "--url", &url, "--sqs", &endpoint];
        prelude(&[&line[..], more].concat())
    };
    let run_all = move || (run(&[]), run(&["--receive"]), run(&["--json"]), run(&["--tamper", "body"]));
    let (seen, received, json, refused) = tokio::task::spawn_blocking(run_all).await.unwrap();
    for output in [seen, received] {
        let page = text(&output.stdout);
        assert!(output.status.success() && output.stderr.is_empty(), "{page}{}", text(&output.stderr));
        let expected = format!(
            "    ? 2 messages not seen in prelude-webhooks-user-created or another queue of {}: \
             the receiver sends to another SQS, a consumer was faster, or a FIFO queue dropped a duplicate\n",
            another.endpoint()
        );
        assert!(page.contains(&expected), "{page}");
    }
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["ok"], &json["rows"][0]["not_seen"]), (&true.into(), &2.into()), "{json}");
    assert_eq!(json["rows"][0]["others_parked"], false, "{json}");
    assert!(!text(&refused.stdout).contains("not seen"), "{}", text(&refused.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_in_another_form_have_another_cause() {
    let stack = Stack::start().await;
    // The receiver parks a batch of so many events in slices, and bytes that are not text in base64.
    let binary = Scratch::new("binary.json", b"{\"\xff\"}");
    for arguments in [&["user.created", "--batch", "2001"][..], &["--file", binary.path()]] {
        for receive in [&[][..], &["--receive"]] {
            let (code, rows) = stack.rows(&[arguments, receive].concat()).await;
            assert_eq!(
                (code, &rows[0]["others_parked"]),
                (Some(0), &true.into()),
                "{arguments:?} {receive:?}"
            );
        }
        let page = stack.trigger(arguments).await;
        assert!(text(&page.stdout).contains("not seen in "), "{}", text(&page.stdout));
        assert!(
            text(&page.stdout).contains(": the parking queue has new messages, "),
            "{}",
            text(&page.stdout)
        );
    }
    assert!(!stack.bodies("unrouted").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_sqs_the_queues_are_said_to_be_unchecked() {
    let stack = Stack::start().await;
    let url = format!("{}/webhooks/{}", stack.api.url(), samples::PATH_TOKEN);
    let run = move |more: &[&str]| prelude(&[&["trigger", "user.created", "--url", &url], more].concat());
    let run_all = move || (run(&[]), run(&["--tamper", "body"]), run(&["--json"]));
    let (accepted, refused, json) = tokio::task::spawn_blocking(run_all).await.unwrap();
    let expected = "prelude: the queues were not checked, because --url can name any receiver: \
                    name its local SQS with --sqs, such as --sqs http://127.0.0.1:9324\n";
    assert_eq!(text(&accepted.stderr), expected);
    assert_eq!(text(&refused.stderr), "", "a refused event has no message");
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["rows"][0].get("not_seen"), None, "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_other_runs_stay_and_are_not_reported() {
    let stack = Stack::start().await;
    stack.rows(&["user.deleted", "--count", "25"]).await;
    let (_, rows) = stack.rows(&["user.deleted", "--keep-ids"]).await;
    let (_, again) = stack.rows(&["user.deleted", "--keep-ids"]).await;
    let id = |rows: &[Value]| rows[0]["messages"][0]["message_id"].as_str().unwrap().to_owned();
    assert_ne!(id(&rows), id(&again), "the same bytes, but two messages");
    assert_eq!(stack.bodies("user-deleted").await.len(), 27);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_found_with_routes_and_in_fifo_queues() {
    for (queues, settings, expected) in [
        (["user-created.fifo", "unrouted.fifo"], ("PRELUDE_QUEUE_TYPE", "fifo"), "user-created.fifo"),
        (["users", "unrouted"], ("PRELUDE_ROUTES", r#"{"user.*":"users"}"#), "users"),
    ] {
        let stack = Stack::with(queues.map(queue).to_vec(), [settings]).await;
        let (code, rows) = stack.rows(&["user.created"]).await;
        assert_eq!(code, Some(0));
        assert_eq!(rows[0]["messages"][0]["queue"], queue(expected), "{rows:?}");
    }
}

#[test]
fn unusable_input_is_refused_in_one_line() {
    let closed = "http://127.0.0.1:1/webhooks/s3cret";
    let output = prelude(&["trigger", "user.created", "--url", closed]);
    assert_refused(&output, "nothing answers at http://127.0.0.1:1: is it running");
    assert!(!text(&output.stderr).contains("s3cret"));
    let unknown = prelude(&["trigger", "user.created", "--url", "http://name.invalid/webhooks"]);
    assert_refused(&unknown, "the host of http://name.invalid cannot be found");
    for url in ["foo", "notaurl", "ftp://x"] {
        assert_misused(
            &prelude(&["trigger", "user.created", "--url", url]),
            &[&format!("'{url}' for '--url <URL>'")],
        );
    }
    let trigger = |arguments: &[&str]| prelude(&[&["trigger", "--url", closed], arguments].concat());
    assert_refused(&trigger(&["--file", "/nowhere.json"]), "/nowhere.json cannot be read");
    assert_refused(&trigger(&["user.created", "--key", "/nowhere.pem"]), "/nowhere.pem cannot be read");
    assert_misused(
        &trigger(&["verify.attempt", "--batch", "2"]),
        &["--batch 2: only Session events come in batches"],
    );
    assert_misused(&trigger(&[]), &["expected an event type, all for every type, or --file"]);
    assert_misused(&trigger(&["user.created", "--receive"]), &["--receive", "--url", "--sqs"]);
    assert_misused(
        &trigger(&["--file", "batch.json", "--batch", "3"]),
        &["'--file <FILE>' cannot be used with '--batch <N>'"],
    );
    assert_misused(
        &trigger(&["--file", "batch.json", "--app", "a"]),
        &["'--file <FILE>' cannot be used with '--app <APP ID>'"],
    );
    let nowhere = trigger(&["verify.attempt", "--set", "payload.price.amount.x=1"]);
    assert_refused(&nowhere, "--set payload.price.amount.x does not fit the sample of verify.attempt");
    for wrong in [
        &["user.created", "--set", "payload"][..],
        &["user.created", "--rate", "0"],
        &["user.created", "--count", "0"],
        &["user.created", "--tamper", "hash"],
        &["user.created", "--tamper", "key", "--unsigned"],
        &["user.created", "--file", "x"],
        &["user.created", "--receive"],
        &["user.created", "--expect", "20"],
    ] {
        assert_eq!(trigger(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_sqs_hides_the_queue_but_keeps_the_result() {
    let stack = Stack::start().await;
    let output = stack.trigger(&["user.created", "--sqs", "http://127.0.0.1:1"]).await;
    assert_eq!(output.status.code(), Some(2), "repeated flag");
    let url = format!("{}/webhooks/{}", stack.api.url(), samples::PATH_TOKEN);
    let run = move || prelude(&["trigger", "user.created", "--url", &url, "--sqs", "http://127.0.0.1:1"]);
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success());
    assert!(text(&output.stderr).starts_with("prelude: the queues were not checked: nothing answers at"));
    let url = format!("{}/webhooks/{}", stack.api.url(), samples::PATH_TOKEN);
    for (sqs, expected) in [
        ("http://127.0.0.1:1".to_owned(), "nothing answers at http://127.0.0.1:1: is it running"),
        ("http://name.invalid".to_owned(), "the host of http://name.invalid cannot be found"),
        (stack.api.url(), "does not answer as SQS does: check --sqs"),
    ] {
        let url = url.clone();
        let run = move || prelude(&["trigger", "user.created", "--url", &url, "--sqs", &sqs, "--receive"]);
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        let error = text(&output.stderr);
        assert!(output.status.success(), "{error}");
        assert!(
            error.starts_with("prelude: the queues were not checked: ") && error.contains(expected),
            "{error}"
        );
        assert!(!text(&output.stdout).contains("not seen"), "{}", text(&output.stdout));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_runs_receive_no_message_and_move_none_to_the_dead_letters() {
    let stack = Stack::start().await;
    stack.sqs.create_dead_letter_queue(&queue("user-created")).await.unwrap();
    for run in 0..50 {
        let (code, rows) = stack.rows(&["user.created"]).await;
        assert_eq!((code, rows[0]["messages"].as_array().unwrap().len()), (Some(0), 1), "run {run}");
    }
    let held = stack.sqs.peek(&queue("user-created"));
    assert!(held.len() == 50 && held.iter().all(|held| held.received == 0), "{} messages", held.len());
    assert!(stack.sqs.peek(&queue("user-created-dlq")).is_empty());
}

/// Something that answers like an SQS other than the dev stack's.
#[tokio::test(flavor = "multi_thread")]
async fn another_sqs_is_not_received_from_unless_asked() {
    use prelude_local::{
        aws::sqs::sqs_request,
        http_server::{HttpServer, response},
    };
    use winterbaume_core::MockService as _;

    let stack = Stack::start().await;
    let service = stack.sqs.service();
    let other = HttpServer::start(0, move |request| {
        let service = std::sync::Arc::clone(&service);
        async move {
            use http_body_util::BodyExt as _;
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let answer = service.handle(sqs_request(parts, body)).await;
            response(http::StatusCode::from_u16(answer.status).unwrap(), answer.headers, answer.body)
        }
    })
    .await
    .unwrap();
    let (url, sqs) = (
        format!("{}/webhooks/{}", stack.api.url(), samples::PATH_TOKEN),
        format!("http://{}", other.address()),
    );
    let run = move |more: &[&str]| {
        prelude(&[&["trigger", "user.created", "--url", &url, "--sqs", &sqs, "--json"], more].concat())
    };
    let run_both = move || (run(&[]), run(&["--receive"]));
    let (unasked, asked) = tokio::task::spawn_blocking(run_both).await.unwrap();
    let messages = |output: &Output| {
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["rows"][0]["messages"].as_array().unwrap().len()
    };
    assert!(
        text(&unasked.stderr).contains("the queues were not checked")
            && text(&unasked.stderr).contains("--receive")
    );
    assert_eq!((messages(&unasked), messages(&asked)), (0, 1), "{}", text(&asked.stderr));
    let received: Vec<_> = stack.sqs.peek(&queue("user-created")).iter().map(|held| held.received).collect();
    assert_eq!(received, [1, 1], "only --receive receives");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_nobody_documents_is_set_with_a_warning() {
    let stack = Stack::start().await;
    let output =
        stack.trigger(&["verify.attempt", "--set", "payload.nosuch=1", "--set", "payload.channel=sms"]).await;
    let warnings = text(&output.stderr);
    assert!(output.status.success(), "{warnings}");
    assert!(
        warnings.starts_with("prelude: --set payload.nosuch: verify.attempt has no such member"),
        "{warnings}"
    );
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    assert!(stack.bodies("verify-attempt").await[0].contains(r#""nosuch":1"#));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_run_with_its_summary() {
    use std::io::{BufRead as _, BufReader, Read as _};

    let stack = Stack::start().await;
    let url = format!("{}/webhooks/{}", stack.api.url(), samples::PATH_TOKEN);
    let run = move || {
        let line = ["trigger", "user.created", "--url", &url, "--count", "1000", "--rate", "2"];
        let mut child = crate::run::command(&line).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let killed =
            std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        (killed.success(), child.wait().unwrap().code(), first, rest)
    };
    let (is_sent, code, first, rest) = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(is_sent && first.starts_with("✓ user.created  200"), "{first}");
    assert_eq!(code, Some(1), "{rest}");
    let last = rest.lines().last().unwrap_or(&first);
    assert!(last.starts_with("stopped after ") && last.contains(" of 1000 requests; "), "{last}");
}
