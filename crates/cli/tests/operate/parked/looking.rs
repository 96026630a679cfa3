//! `list` and `show` consume no message.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::Stack;

const UNKNOWN: &str = r#"{"id":"evt_u","type":"verify.invented","payload":{"phone":"+33612345678"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn parked_messages_are_listed_with_their_queues_and_stay() {
    let stack = Stack::without(&["user-created"]).await;
    stack.run(&["parked", "list"]).await.assert(0, &["No parked message matches."]);
    stack.deliver(UNKNOWN.as_bytes()).await;
    stack.deliver(b"\xff not UTF-8").await;
    stack.deliver_batch(&[r#"{"id":"evt_s","type":"user.created","payload":{}}"#.into()]).await;

    let listed = stack.run(&["parked", "list"]).await;
    listed.assert(
        0,
        &["verify.invented", "stays: this version does not know its type", "prelude-webhooks-user-created"],
    );
    listed.assert(0, &["3 messages: 1 not_utf8, 1 queue_missing, 1 unknown_type"]);
    assert!(!listed.all().contains("+33612345678"), "no body");
    stack
        .run(&["parked", "list", "--limit", "2"])
        .await
        .assert(0, &["2 messages: ", "there may be more (--limit)"]);
    assert_eq!(stack.run(&["parked", "list", "--limit", "0"]).await.code, Some(2));
    let (code, chosen) = stack.json(&["parked", "list", "--reason", "unknown_type"]).await;
    assert_eq!((code, chosen["messages"].as_array().unwrap().len()), (Some(0), 1));
    assert_eq!(chosen["messages"][0]["event_id"], "evt_u");
    let (_, chosen) = stack.json(&["parked", "list", "--type", "user.created"]).await;
    assert_eq!(chosen["messages"][0]["now"], "prelude-webhooks-user-created");
    assert_eq!(chosen["messages"][0]["app_id"], "app1");
    let (_, chosen) = stack.json(&["parked", "list", "--type", "user.deleted"]).await;
    assert_eq!(chosen["messages"], json!([]));

    // All messages are there, and visible at once.
    assert_eq!(stack.drain("unrouted").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_cannot_control_the_terminal() {
    let stack = Stack::without(&[]).await;
    stack.deliver(br#"{"id":"evt_u","type":"verify.\u001b[2J\nnew"}"#).await;
    for arguments in [&["parked", "list"][..], &["parked", "replay", "--dry-run"]] {
        let ran = stack.run(arguments).await;
        assert!(ran.all().contains("unknown_type") && !ran.all().contains('\u{1b}'), "{}", ran.all());
    }
    let (_, listed) = stack.json(&["parked", "list"]).await;
    assert_eq!(listed["messages"][0]["event_type"], "verify.\u{1b}[2J\nnew", "scripts get the exact type");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_shown_without_its_body_by_default() {
    let stack = Stack::without(&[]).await;
    stack.deliver(UNKNOWN.as_bytes()).await;
    stack.deliver(b"\xff not UTF-8").await;
    let (_, listed) = stack.json(&["parked", "list"]).await;
    let id = |reason: &str| {
        let messages = listed["messages"].as_array().unwrap();
        let message = messages.iter().find(|message| message["reason"] == reason).unwrap();
        message["message_id"].as_str().unwrap().to_owned()
    };
    let unknown = id("unknown_type");

    let shown = stack.run(&["parked", "show", unknown.split('-').next().unwrap()]).await;
    shown.assert(
        0,
        &[
            &unknown,
            "event_id        evt_u",
            "not shown: it can hold people's data",
            "authentication  signature",
        ],
    );
    assert!(!shown.all().contains("+33612345678"));
    let shown = stack.run(&["parked", "show", &unknown, "--body"]).await;
    shown.assert(0, &[UNKNOWN, "personal data: store and share it with care"]);
    let (_, shown) = stack.json(&["parked", "show", &unknown]).await;
    assert_eq!((&shown["bytes"], shown.get("body")), (&json!(UNKNOWN.len()), None));
    let (_, shown) = stack.json(&["parked", "show", &unknown, "--body"]).await;
    assert_eq!(shown["body"], UNKNOWN);
    let (_, shown) = stack.json(&["parked", "show", &id("not_utf8"), "--body"]).await;
    assert_eq!(shown["body_base64"], STANDARD.encode(b"\xff not UTF-8"));

    stack
        .run(&["parked", "show", "no-such-id"])
        .await
        .assert(1, &["prelude: no visible message", "`prelude parked list`"]);
    assert_eq!(stack.drain("unrouted").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_an_event_are_shown_as_one() {
    let stack = Stack::without(&[]).await;
    let mut random = vec![0; 1_200_000];
    getrandom::fill(&mut random).unwrap();
    let body = format!(r#"{{"id":"big","type":"verify.attempt","text":"{}"}}"#, STANDARD.encode(&random));
    stack.deliver(body.as_bytes()).await;
    let (_, listed) = stack.json(&["parked", "list"]).await;
    let messages = listed["messages"].as_array().unwrap();
    assert!(messages.len() > 1 && messages[0]["now"].as_str().unwrap().starts_with("part "), "{listed}");
    let id = messages[1]["message_id"].as_str().unwrap();
    let (code, shown) = stack.json(&["parked", "show", id, "--body"]).await;
    assert!(code == Some(0) && shown["body"] == body.as_str());
    assert_eq!(shown["now"], "stays: it is larger than an SQS message");

    // The event is unreadable without one of its parts.
    let all = stack.drain("unrouted").await;
    let first = &all[0];
    let attributes: Vec<_> = first.attributes.iter().map(|(name, value)| (&**name, &**value)).collect();
    stack.put("unrouted", &first.body, &attributes).await;
    let (_, listed) = stack.json(&["parked", "list"]).await;
    let id = listed["messages"][0]["message_id"].as_str().unwrap();
    stack.run(&["parked", "show", id]).await.assert(1, &["cannot be read: not all of its parts are here"]);
}
