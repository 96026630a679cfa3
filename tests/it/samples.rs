//! Output of `cargo prelude samples`: the files of `events/`, and the lists of event types in documents and templates.
//!
//! Each file must get the answer in its name.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use lambda_runtime::Context;
use prelude_events::{EventType, Source};
use prelude_local::{
    aws::sqs::EmbeddedSqs,
    prelude::samples::{self, SampleFile},
    receiver::LocalReceiver,
    sections::{self, SECTIONS},
};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("events")
}

#[test]
fn the_checked_in_lists_of_event_types_are_the_generated_ones() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    for document in sections::documents(root).unwrap() {
        let checked_in = std::fs::read_to_string(root.join(&document.path)).unwrap();
        assert!(checked_in == document.text, "{}: run `cargo prelude samples`", document.path);
        text.push_str(&document.text);
    }
    for (name, _) in SECTIONS {
        let mark = format!(" {name}: written by cargo prelude samples");
        assert_eq!(text.matches(&mark).count(), 1, "{name}");
    }
}

#[test]
fn the_checked_in_samples_are_the_generated_ones_and_no_others() {
    let generated = samples::files().unwrap();
    for SampleFile { path, text } in &generated {
        let checked_in = std::fs::read_to_string(folder().join(path)).unwrap_or_default();
        assert_eq!(&checked_in, text, "{path}: run `cargo prelude samples`");
    }
    let mut on_disk = BTreeSet::new();
    for directory in ["", "rejected"] {
        for entry in std::fs::read_dir(folder().join(directory)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                on_disk.insert(path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    on_disk.remove("README.md");
    assert_eq!(on_disk, generated.into_iter().map(|file| file.path).collect());
}

#[tokio::test]
async fn every_sample_gets_the_answer_in_its_name() {
    let queue = |slug: &str| format!("prelude-webhooks-{slug}");
    let slugs = EventType::ALL.iter().filter_map(EventType::queue_slug).chain(["unrouted"]);
    let sqs = EmbeddedSqs::start(slugs.map(queue)).await.unwrap();
    let receiver = LocalReceiver::start(samples::environment().unwrap(), &sqs).unwrap();
    for SampleFile { path, text } in
        samples::files().unwrap().into_iter().filter(|file| file.path != "env.json")
    {
        let Some(name) = path.strip_suffix(".json") else { continue };
        let event: Value = serde_json::from_str(&text).unwrap();
        let (answer, log) = receiver.invoke(event, Context::default()).await;
        let answer = answer.unwrap();
        let code = log.iter().rev().find(|line| line.get("status").is_some()).unwrap()["code"].clone();
        if let Some(expected) = name.strip_prefix("rejected/") {
            assert_eq!(code, expected, "{path}: {answer}");
            assert_ne!(answer["statusCode"], 200, "{path}");
            continue;
        }
        assert_eq!(answer["statusCode"], 200, "{path}: {code}");
        match name {
            "challenge" => assert_eq!(answer["body"], r#"{"challenge":1234567890}"#),
            "session-batch" => {
                for event_type in
                    EventType::ALL.iter().filter(|known| known.source() == Some(Source::Session))
                {
                    let messages = sqs.drain(&queue(event_type.queue_slug().unwrap())).await.unwrap();
                    assert_eq!(messages.len(), 1, "{event_type}");
                }
            }
            event_type => {
                let slug = EventType::known(event_type).unwrap().queue_slug().unwrap();
                let messages = sqs.drain(&queue(slug)).await.unwrap();
                assert_eq!(messages.len(), 1, "{path}");
                assert_eq!(messages[0].attribute("event_type"), Some(event_type), "{path}");
            }
        }
    }
    assert!(sqs.drain(&queue("unrouted")).await.unwrap().is_empty());
}

#[tokio::test]
async fn samples_work_behind_a_named_stage_and_a_base_path() {
    let sqs = EmbeddedSqs::start(["prelude-webhooks-verify-attempt"]).await.unwrap();
    let receiver = LocalReceiver::start(samples::environment().unwrap(), &sqs).unwrap();
    let files = samples::files().unwrap();
    let sample = files.iter().find(|file| file.path == "verify.attempt.json").unwrap();
    for prefix in ["/prod", "/hooks/v1", ""] {
        let mut event: Value = serde_json::from_str(&sample.text).unwrap();
        event["rawPath"] = json!(format!("{prefix}/webhooks/{}", samples::PATH_TOKEN));
        let (answer, _) = receiver.invoke(event, Context::default()).await;
        assert_eq!(answer.unwrap()["statusCode"], 200, "{prefix}");
    }
}
