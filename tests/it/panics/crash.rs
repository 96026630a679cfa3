//! A process that is killed in the middle of a request, as Lambda kills one that runs out of time or memory.

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

use super::accepted;
use crate::support::{
    faults::{
        memory_sqs::MemorySqs,
        rig::{ACCOUNT, signed},
    },
    http::{Answer, serve},
    keys::pem,
    process::{FunctionProcess, OWN_BINARY},
    runtime_api::{Invocation, RuntimeApi},
    stack::PATH_TOKEN,
};

/// Stores what it gets, and answers only when the gate is open.
struct Gated {
    sqs: MemorySqs,
    open: watch::Receiver<bool>,
}

impl Answer for Gated {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let answer = self.sqs.answer(request).await;
        self.open.clone().wait_for(|is_open| *is_open).await.unwrap();
        answer
    }
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
async fn a_process_that_is_killed_before_its_answer_costs_a_duplicate_and_no_event() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (gate, open) = watch::channel(false);
    let sqs = MemorySqs::default();
    let server = tokio::spawn(serve(listener, Arc::new(Gated { sqs: sqs.clone(), open })));
    let body = json!({"type": "verify.attempt", "payload": {}}).to_string();
    let event = signed(&ACCOUNT, body.clone().into_bytes()).http_api_event();

    let (first_api, mut first) = start(&endpoint).await;
    let is_stored = async {
        while sqs.stored().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        answer = first_api.invoke(event.clone()) => panic!("answered before SQS did: {answer:?}"),
        () = is_stored => first.kill(),
    }

    gate.send_replace(true);
    let (again, _process) = start(&endpoint).await;
    let Invocation::Response(answer) = again.invoke(event).await else { panic!("no answer") };
    let answer = (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned());
    assert_eq!(answer, accepted());
    let stored = sqs.stored();
    assert_eq!(stored.len(), 2);
    let id = |index: usize| stored[index].entry.message_attributes["event_id"].clone();
    assert_eq!(id(0), id(1), "consumers can tell that it is a duplicate");
    assert!(
        stored.iter().all(|stored| stored.queue == "verify-attempt" && stored.entry.message_body == body)
    );
    server.abort();
}
