//! FIFO queues of moto: an event that the process sends twice is stored once, in order.

use prelude_local::prelude::batch;
use serde_json::json;

use super::{APP_ID, Function, signed};
use crate::support::stack::Api;

#[tokio::test]
async fn moto_keeps_one_of_each_event_in_fifo_queues_and_a_users_events_in_order() {
    let Some(function) = Function::with_queues("fifo").await else { return };
    let event = |index: usize| {
        let payload = json!({"user_id": format!("usr_{}", index % 3), "n": index});
        json!({"id": format!("evt_{index}"), "type": "user.profile.updated", "payload": payload}).to_string()
    };
    let events: Vec<_> = (0..24).map(event).collect();
    let unknown = json!({"id": "evt_1", "type": "verify.invented", "payload": {}}).to_string();
    for request in [
        signed("app-2048", "32", batch(APP_ID, &events)),
        signed("account-2048", "32", unknown.clone()),
        // A redelivery, with the batch cut in two.
        signed("app-2048", "32", batch(APP_ID, &events[..7])),
        signed("app-2048", "32", batch(APP_ID, &events[7..])),
        signed("account-2048", "32", unknown.clone()),
    ] {
        assert_eq!(function.send(Api::Http, &request).await.0, 200);
    }
    let all = function.moto.receive_all().await;
    assert_eq!(all.keys().collect::<Vec<_>>(), [&"unrouted", &"user-profile-updated"]);
    assert_eq!(all["unrouted"].iter().map(|message| &message.body).collect::<Vec<_>>(), [&unknown]);
    let bodies: Vec<_> = all["user-profile-updated"].iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies.len(), 24, "{bodies:?}");
    for user in 0..3 {
        let of_user = |body: &&&str| body.contains(&format!("\"usr_{user}\""));
        let received: Vec<_> = bodies.iter().filter(of_user).collect();
        let sent: Vec<_> = events.iter().skip(user).step_by(3).collect();
        assert_eq!(received, sent);
    }
    assert_eq!(function.proxy.violations(), [] as [&str; 0]);
    assert!(function.proxy.entries().iter().all(|forwarded| forwarded.queue_url.ends_with(".fifo")));
}
