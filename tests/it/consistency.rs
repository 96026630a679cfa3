//! Lists that must agree, compared both ways.

mod properties;

use std::{collections::BTreeSet, path::Path};

use prelude_events::{EventType, Received, samples};
use prelude_local::aws::sqs::EmbeddedSqs;
use prelude_webhooks::{config::Config, parking::Reason, route::QueueType};

use crate::support::stack::{QUEUE_PREFIX, Setup};

fn names() -> BTreeSet<String> {
    EventType::ALL.iter().map(|event_type| event_type.as_str().to_owned()).collect()
}

/// Type and slug of every known type.
fn slugs() -> BTreeSet<(String, String)> {
    let pair = |event_type: &EventType| {
        (event_type.as_str().to_owned(), event_type.queue_slug().unwrap().to_owned())
    };
    EventType::ALL.iter().map(pair).collect()
}

#[test]
fn every_type_has_its_own_name_sample_and_slug() {
    assert_eq!(names().len(), EventType::ALL.len());
    let unique: BTreeSet<_> = slugs().into_iter().map(|(_, slug)| slug).collect();
    assert_eq!(unique.len(), EventType::ALL.len());
    let of_samples: Vec<_> = samples::ALL.iter().map(|sample| sample.event_type.clone()).collect();
    assert_eq!(of_samples, EventType::ALL);
    for sample in samples::ALL {
        let parsed = Received::parse(sample.json).unwrap();
        assert_eq!(parsed.envelope.event_type, sample.event_type, "the sample says its own type");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/events/samples");
    let files =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<_> =
        files.filter_map(|file| file.strip_suffix(".json").map(ToOwned::to_owned)).collect();
    assert_eq!(files, names());
}

#[test]
fn a_slug_is_the_types_name_with_hyphens() {
    for (name, slug) in slugs() {
        let words = name.replace(['.', '_'], "-");
        let expected = if name.contains('.') { words } else { format!("v1-{words}") };
        assert_eq!(slug, expected);
    }
}

#[tokio::test]
async fn the_receiver_has_a_queue_for_each_slug_and_the_parking_queue() {
    for (queue_type, suffix) in [("standard", ""), ("fifo", ".fifo")] {
        let variables = Setup::new().await.set("PRELUDE_QUEUE_TYPE", queue_type).variables();
        let variables = variables.into_iter().map(|(name, value)| (name, Some(value)));
        let routes = Config::read(variables, |_| unreachable!("no file is named")).unwrap().routes;
        assert_eq!(routes.queue_type() == QueueType::Fifo, queue_type == "fifo");
        let url = |slug: &str| format!("{}{slug}{suffix}", EmbeddedSqs::queue_url_prefix(QUEUE_PREFIX));
        for event_type in EventType::ALL {
            assert_eq!(routes.queue_url(event_type).as_str(), url(event_type.queue_slug().unwrap()));
        }
        let all: BTreeSet<_> = routes.queue_urls().map(ToString::to_string).collect();
        let slugs = slugs().into_iter().map(|(_, slug)| url(&slug));
        assert_eq!(all, slugs.chain([url("unrouted")]).collect());
        assert_eq!(routes.parking().as_str(), url("unrouted"));
    }
}

#[test]
fn the_message_contract_names_every_reason() {
    let page = read("docs/messages.md");
    let word = |cell: &str| {
        cell.trim()
            .strip_prefix('`')?
            .strip_suffix('`')
            .filter(|word| !word.contains('`'))
            .map(ToOwned::to_owned)
    };
    let rows: Vec<Vec<_>> = page.lines().map(|line| line.split('|').map(word).collect()).collect();
    for reason in Reason::ALL {
        let is_listed =
            rows.iter().any(|row| row.get(1).cloned().flatten().as_deref() == Some(reason.as_str()));
        assert!(is_listed, "docs/messages.md does not list {reason:?}");
    }
}

#[test]
fn the_answers_name_every_refusal() {
    let (page, source) = (read("docs/answers.md"), read("src/rejection.rs"));
    let codes = source.lines().filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \""));
    let codes: Vec<_> = codes.map(|(_, code)| code.trim_end_matches("\",")).collect();
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "docs/answers.md does not name {code}");
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
