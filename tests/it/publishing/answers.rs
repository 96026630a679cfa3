//! Answers that omit entries, break off or never arrive: only entries that SQS acknowledged are durable.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Duration, Instant},
};

use super::{BUDGET, attempt, ids, paused, users_created};
use crate::support::{
    faults::{GARBAGE, GARBAGE_OF_ALL},
    stack::{Stack, context},
    wire::{Fate, Wired},
};

#[tokio::test]
async fn entries_that_the_answer_does_not_acknowledge_are_sent_again() {
    for (index, fate) in GARBAGE.into_iter().enumerate() {
        let again = if index < GARBAGE_OF_ALL { 10 } else { 1 };
        let shown = format!("garbage {index}");
        let stack = paused().await;
        let wired = Wired::start(&stack, move |call, _| if call == 0 { fate() } else { Fate::Pass });
        let (status, body) = wired.send(&stack.batch("app1", users_created(10))).await;
        assert_eq!((status, body.as_str()), (200, r#"{"accepted":10}"#), "{shown}");
        assert_eq!((wired.calls(), stack.taken()), (2, 10 + again), "{shown}");
        let messages = stack.drain("user-created").await;
        assert_eq!(ids(&messages).into_iter().collect::<BTreeSet<_>>().len(), 10, "{shown}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_call_over_a_broken_connection_is_retried() {
    let stack = paused().await;
    let wired = Wired::start(&stack, |call, _| if call < 2 { Fate::Cut } else { Fate::Pass });
    assert_eq!(wired.send(&stack.signed(attempt("evt_cut"))).await.0, 200);
    assert_eq!((wired.calls(), stack.taken()), (3, 1));
}

#[tokio::test]
async fn an_answer_lost_after_storing_makes_duplicates_with_the_same_event_id() {
    let stack = paused().await;
    let wired = Wired::start(&stack, |call, _| if call == 0 { Fate::LoseAnswer } else { Fate::Pass });
    let nameless = r#"{"type":"user.created","payload":{"n":1}}"#;
    let events = [users_created(1).remove(0), nameless.to_owned()];
    assert_eq!(wired.send(&stack.batch("app1", &events)).await.0, 200);
    let messages = stack.drain("user-created").await;
    assert_eq!((wired.calls(), messages.len()), (2, 4));
    for event in &events {
        let same: Vec<_> = messages.iter().filter(|message| message.body == *event).collect();
        assert_eq!(same.len(), 2);
        assert_eq!(same[0].attribute("event_id"), same[1].attribute("event_id"));
        assert_eq!(same[0].attributes, same[1].attributes);
    }
}

#[tokio::test]
async fn answers_that_never_arrive_make_503_although_sqs_has_the_event() {
    for stored in [true, false] {
        let stack = paused().await;
        let wired = Wired::start(&stack, move |_, _| if stored { Fate::LoseAnswer } else { Fate::Cut });
        let start = Instant::now();
        assert_eq!(wired.send(&stack.signed(attempt("evt_lost"))).await.0, 503);
        assert!(start.elapsed() < BUDGET, "{:?}", start.elapsed());
        let messages = stack.drain("verify-attempt").await;
        assert_eq!(!messages.is_empty(), stored);
        assert!(messages.iter().all(|message| message.attribute("event_id") == Some("evt_lost")));
        assert_eq!(stack.parked().await, [], "a stored event is not parked as well");
        tokio::time::resume();
    }
}

/// Accepts every connection, waits for a request, and sends only these bytes. `None` hangs.
async fn broken_server(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut hanging = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            // The read fails if the client disconnected, which is expected.
            drop(stream.read(&mut [0; 4096]).await);
            match answer {
                Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
                None => hanging.push(stream),
            }
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn servers_that_break_off_over_a_real_socket_make_503_in_time() {
    let stack = Stack::start().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let endpoints = [
        broken_server(Some("")).await,
        broken_server(None).await,
        broken_server(Some("220 smtp.example.com ready\r\n")).await,
        broken_server(Some("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"Successful\":[{\"Id\":\"0\""))
            .await,
        broken_server(Some("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")).await,
        broken_server(Some("HTTP/1.1 307 Elsewhere\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")).await,
        broken_server(Some("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>")).await,
        format!("http://{nobody}"),
    ];
    let start = Instant::now();
    let answers = endpoints.each_ref().map(|endpoint| async {
        let mut context = context();
        context.deadline = in_milliseconds(2_000);
        Wired::at(&stack, endpoint).send_in(&stack.signed(attempt("evt_broken")), context).await
    });
    for (answer, endpoint) in join_all(answers).await.into_iter().zip(0..) {
        assert_eq!(answer, (503, r#"{"error":"unavailable"}"#.to_owned()), "endpoint {endpoint}");
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Deadline in the form of Lambda.
fn in_milliseconds(milliseconds: u64) -> u64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    u64::try_from(now.as_millis()).unwrap() + milliseconds
}
