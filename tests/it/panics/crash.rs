//! A process that is killed during a request, as Lambda does at its limits of time and memory.

use std::{path::Path, time::Duration};

use prelude_local::http_server::HttpServer;
use serde_json::json;
use tokio::sync::watch;

use super::accepted;
use crate::support::{
    faults::{
        memory_sqs::{MemorySqs, answer},
        rig::{ACCOUNT, signed},
    },
    keys::pem,
    process::{FunctionProcess, OWN_BINARY},
    runtime_api::{Invocation, RuntimeApi},
    stack::PATH_TOKEN,
};

/// SQS that stores each message at once, and answers only after the gate opens.
async fn gated(sqs: MemorySqs, open: watch::Receiver<bool>) -> HttpServer {
    let respond = move |request| {
        let (sqs, mut open) = (sqs.clone(), open.clone());
        async move {
            let answer = answer(sqs, request).await;
            open.wait_for(|is_open| *is_open).await.unwrap();
            answer
        }
    };
    HttpServer::start(0, respond).await.unwrap()
}

async fn start(endpoint: &str) -> (RuntimeApi, FunctionProcess) {
    let runtime_api = RuntimeApi::start().await;
    let variables = [
        ("AWS_ENDPOINT_URL_SQS", endpoint.to_owned()),
        ("PRELUDE_QUEUE_URL_PREFIX", "https://sqs.eu-west-1.amazonaws.com/123456789012/".to_owned()),
        ("PRELUDE_PUBLIC_KEYS", pem("account-2048.pub.pem")),
        ("PRELUDE_PATH_TOKEN", PATH_TOKEN.to_owned()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let process = FunctionProcess::spawn(Path::new(OWN_BINARY), &variables, &runtime_api);
    runtime_api.first_poll().await;
    (runtime_api, process)
}

#[tokio::test]
async fn a_process_killed_before_its_answer_makes_a_duplicate_and_loses_no_event() {
    let (gate, open) = watch::channel(false);
    let sqs = MemorySqs::default();
    let server = gated(sqs.clone(), open).await;
    let endpoint = format!("http://{}", server.address());
    let body = json!({"type": "verify.attempt", "payload": {}}).to_string();
    let event = signed(&ACCOUNT, body.clone().into_bytes()).http_api_event();

    let (first_api, mut first) = start(&endpoint).await;
    let is_stored = async {
        while sqs.stored().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        answer = first_api.invoke(event.clone()) => panic!("the function answered before SQS: {answer:?}"),
        () = is_stored => first.kill(),
    }

    gate.send_replace(true);
    let (again, _process) = start(&endpoint).await;
    let Invocation::Response(answer) = again.invoke(event).await else {
        panic!("the function returned no response")
    };
    let answer = (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned());
    assert_eq!(answer, accepted());
    let stored = sqs.stored();
    assert_eq!(stored.len(), 2);
    let id = |index: usize| stored[index].entry.message_attributes["event_id"].clone();
    assert_eq!(id(0), id(1), "the duplicate has the same event_id");
    assert!(
        stored.iter().all(|stored| stored.queue == "verify-attempt" && stored.entry.message_body == body)
    );
}
