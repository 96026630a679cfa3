//! Measured times. The clock is stopped, so that they are exact.

use tokio::time::Duration;

use super::{figures, form::assert_form};
use crate::support::{
    faults::{
        KeyFault,
        key_server::KeyServer,
        memory_sqs::MemorySqs,
        rig::{Rig, app_batch, attempt, post},
    },
    wire::{Fate, Wire},
};

/// Times of the last request, by name; `None` for a time that its line lacks.
fn times(rig: &Rig) -> [Option<f64>; 5] {
    let lines = rig.metrics.take();
    assert_form(&lines);
    let figures = figures(lines.last().unwrap());
    ["Duration", "VerifyDuration", "PublishDuration", "TimeLeft", "KeySetAge"]
        .map(|name| figures.get(name).copied())
}

#[tokio::test(start_paused = true)]
async fn each_part_of_a_request_has_its_time() {
    let keys = KeyServer::new(KeyFault::Slow(Duration::from_millis(1_300)));
    let wire = Wire::to_memory(&MemorySqs::default(), |_, _| Fate::DelayCall(Duration::from_micros(500_250)));
    let start = Duration::from_millis(1_000);
    let rig = Rig::with(&keys, &wire, start, &[("PRELUDE_METRICS", "emf")]);
    let batch = app_batch([r#"{"type":"user.created"}"#]);
    rig.send(&batch).await;
    let [whole, verify, publish, left, age] = times(&rig);
    assert_eq!(verify, Some(1_300.0), "the wait for the key set");
    // Timers have a resolution of a millisecond.
    assert!(publish.is_some_and(|publish| (500.0..=502.0).contains(&publish)), "{publish:?}");
    assert_eq!(whole, Some(verify.unwrap() + publish.unwrap()));
    assert_eq!(left, Some(8_000.0 - 1_000.0 - whole.unwrap()), "the start counts");
    assert_eq!(age, Some(0.0));
    tokio::time::sleep(Duration::from_secs(100)).await;
    rig.send(&batch).await;
    let [whole, verify, publish, left, age] = times(&rig);
    assert_eq!((verify, whole), (Some(0.0), publish));
    assert_eq!((left, age), (Some(8_000.0 - whole.unwrap()), Some(101.0)));
}

#[tokio::test(start_paused = true)]
async fn a_request_has_no_time_for_a_step_that_it_did_not_reach() {
    let wire = Wire::to_memory(&MemorySqs::default(), |_, _| Fate::Hang);
    let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, &[("PRELUDE_METRICS", "emf")]);
    rig.send(&post(b"{}".to_vec())).await;
    assert_eq!(times(&rig), [Some(0.0), Some(0.0), None, Some(8_000.0), None], "refused by its signature");
    let mut request = attempt();
    request.path = "/".to_owned();
    rig.send(&request).await;
    assert_eq!(times(&rig), [Some(0.0), None, None, Some(8_000.0), None], "refused by its path");
    rig.send(&attempt()).await;
    let [whole, verify, publish, left, _] = times(&rig);
    assert_eq!((verify, publish), (Some(0.0), whole), "out of time");
    assert_eq!(whole.unwrap() + left.unwrap(), 8_000.0);
    assert!(left.unwrap() < 2_000.0, "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_without_the_setting() {
    let wire = Wire::to_memory(&MemorySqs::default(), |_, _| Fate::Pass);
    for off in [&[][..], &[("PRELUDE_METRICS", "off")]] {
        let rig = Rig::with(&KeyServer::new(None), &wire, Duration::ZERO, off);
        assert_eq!(rig.send(&attempt()).await.0, 200);
        assert!(rig.metrics.take().is_empty());
    }
}
