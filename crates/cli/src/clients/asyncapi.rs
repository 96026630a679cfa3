//! The queues and their messages as an AsyncAPI document.
//!
//! The document holds every schema, because tools then need one file. The schemas are those for generators of code: the
//! documented forms, with a name for each. AsyncAPI's own schemas are of draft 7, which ignores the siblings of a `$ref`.

use prelude_events::{EventType, Source, samples::sample};
use prelude_local::prelude::samples::QUEUE_PREFIX;
use prelude_webhooks::{parking::Reason, route::PARKING_SLUG};
use serde_json::{Map, Value, json};

use super::{
    ClientFile,
    model::{Event, Model},
    schemas,
};

/// JSON is YAML, and the workspace has no library that writes other YAML.
const HEADER: &str = "# Written by `cargo prelude clients`. Do not edit. JSON is YAML too.\n";

const ABOUT: &str = "\
Events that the receiver publishes, one queue for each event type. docs/messages.md is the contract, and docs/consume.md \
leads from a queue to a handler.

* The names are the template's defaults. `QueuePrefix` changes their start. On FIFO queues every name ends in `.fifo`. \
`Routes` merges types into one queue: read the type from the attribute `event_type`.
* Headers are SQS message attributes, all of the type String. SQS returns them only on request.
* Delivery is at least once, in any order. The key of an event is `source`, `app_id`, `event_type` and `event_id` \
together. Remember keys for 30 days.
* Prelude adds members, words and types. Payloads have the documented forms. The schemas in clients/schemas/validation \
accept everything else that the clients read.
* Amounts are exact decimals. Read them as text or as a decimal type, not as a float.";

pub(super) fn files(model: &Model) -> Vec<ClientFile> {
    vec![ClientFile { path: "asyncapi.yaml".to_owned(), text: format!("{HEADER}{:#}\n", document(model)) }]
}

fn document(model: &Model) -> Value {
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for event in &model.events {
        let event_type = EventType::from(event.wire);
        let Some(slug) = event_type.queue_slug() else { continue };
        channels.insert(slug.to_owned(), channel(slug, &event.name, event.meaning, Some(event.source)));
        operations.insert(format!("receive{}", event.name), operation(slug, &event.name, event.meaning));
        messages.insert(event.name.clone(), message(event, &event_type));
    }
    let meaning = "An event without a usable queue of its own, with the reason.";
    channels.insert(PARKING_SLUG.to_owned(), channel(PARKING_SLUG, "Parked", meaning, None));
    operations.insert("receiveParked".to_owned(), operation(PARKING_SLUG, "Parked", meaning));
    messages.insert("Parked".to_owned(), parked(meaning));
    json!({
        "asyncapi": "3.0.0",
        "id": "urn:prelude-webhooks:events",
        "info": {
            "title": "Prelude webhook events",
            "version": model.version,
            "description": ABOUT,
            "license": {"name": env!("CARGO_PKG_LICENSE")},
            "externalDocs": {"url": env!("CARGO_PKG_REPOSITORY")},
            "tags": Source::ALL.iter().map(|source| tag(*source)).collect::<Vec<_>>(),
        },
        "defaultContentType": "application/json",
        "servers": {"sqs": {
            "host": "sqs.{region}.amazonaws.com",
            "pathname": "/{account}",
            "protocol": "sqs",
            "variables": {
                "region": {"default": "eu-west-1", "description": "The region of the queues."},
                "account": {"default": "123456789012", "description": "The AWS account of the queues."},
            },
        }},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": components(model)},
    })
}

fn tag(source: Source) -> Value {
    json!({"name": source.as_str()})
}

/// The queue of one type, or the parking queue, which has no source and no dead-letter queue.
fn channel(slug: &str, message: &str, meaning: &str, source: Option<Source>) -> Value {
    let name = format!("{QUEUE_PREFIX}{slug}");
    json!({
        "address": name,
        "description": meaning,
        "servers": [{"$ref": "#/servers/sqs"}],
        "messages": {message: {"$ref": format!("#/components/messages/{message}")}},
        "tags": source.map(tag).into_iter().collect::<Vec<_>>(),
        "bindings": {"sqs": binding(&name, source.is_some())},
    })
}

/// Settings of the queue, as the template has them.
fn binding(name: &str, has_dead_letters: bool) -> Value {
    // AsyncAPI's parser refuses version 0.3.0 of the binding.
    let version = "0.2.0";
    let retention = 1_209_600;
    if !has_dead_letters {
        let queue = json!({
            "name": name, "fifoQueue": false, "visibilityTimeout": 180, "messageRetentionPeriod": retention,
        });
        return json!({"bindingVersion": version, "queue": queue});
    }
    let dead_letters = format!("{name}-dlq");
    json!({
        "bindingVersion": version,
        "queue": {
            "name": name,
            "fifoQueue": false,
            "visibilityTimeout": 180,
            "messageRetentionPeriod": retention,
            "redrivePolicy": {"deadLetterQueue": {"name": dead_letters}, "maxReceiveCount": 5},
        },
        "deadLetterQueue": {"name": dead_letters, "fifoQueue": false, "messageRetentionPeriod": retention},
    })
}

fn operation(slug: &str, message: &str, meaning: &str) -> Value {
    json!({
        "action": "receive",
        "summary": meaning,
        "channel": {"$ref": format!("#/channels/{slug}")},
        "messages": [{"$ref": format!("#/channels/{slug}/messages/{message}")}],
    })
}

fn message(event: &Event, event_type: &EventType) -> Value {
    let example = sample(event_type).and_then(|json| serde_json::from_str::<Value>(json).ok());
    json!({
        "name": event.wire,
        "title": event.name,
        "summary": event.meaning,
        "contentType": "application/json",
        "tags": [tag(event.source)],
        "headers": reference("MessageAttributes"),
        "payload": reference(&event.name),
        "examples": example.map(|payload| json!({"payload": payload})).into_iter().collect::<Vec<_>>(),
    })
}

fn parked(meaning: &str) -> Value {
    let reasons: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    json!({
        "name": "parked",
        "title": "Parked",
        "summary": meaning,
        "contentType": "text/plain",
        "headers": {
            "title": "ParkedAttributes",
            "allOf": [reference("MessageAttributes"), {"required": ["reason"]}],
        },
        "payload": {
            "title": "ParkedBody",
            "type": "string",
            "description": "The bytes of an event in the encoding that the attribute `encoding` names, or the JSON array of a \
                slice of a batch (`batch_too_large`).",
        },
        "description": format!("Reasons: {}.", reasons.join(", ")),
    })
}

/// Every schema by its name. Names are unique in the model.
fn components(model: &Model) -> Value {
    let mut all = Map::new();
    all.insert("MessageAttributes".to_owned(), schemas::attributes());
    for event in &model.events {
        let mut schema = schemas::code_generation(model, event);
        let definitions = schema.as_object_mut().and_then(|schema| schema.remove("$defs"));
        if let Some(Value::Object(definitions)) = definitions {
            all.extend(definitions);
        }
        all.insert(event.name.clone(), schema);
    }
    let mut all = Value::Object(all);
    adapt(&mut all);
    all
}

/// Moves references from `$defs` to the components, and removes their siblings and the draft.
fn adapt(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("$schema");
            let name =
                members.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/"));
            if let Some(name) = name {
                *schema = reference(name);
            } else {
                members.values_mut().for_each(adapt);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(adapt),
        _ => {}
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_and_the_parking_queue_has_a_channel_an_operation_and_a_message() {
        let document = document(&Model::read());
        let count = |path: &str| document.pointer(path).unwrap().as_object().unwrap().len();
        let expected = EventType::ALL.len() + 1;
        for path in ["/channels", "/operations", "/components/messages"] {
            assert_eq!(count(path), expected, "{path}");
        }
        for event_type in EventType::ALL {
            let slug = event_type.queue_slug().unwrap();
            let channel = &document["channels"][slug];
            assert_eq!(channel["address"], format!("{QUEUE_PREFIX}{slug}"));
            assert_eq!(channel["bindings"]["sqs"]["queue"]["name"], channel["address"]);
        }
    }

    #[test]
    fn queues_are_those_of_the_template() {
        let template = include_str!("../../../../template.yaml");
        let default = |parameter: &str| {
            let section = template.split(&format!("\n  {parameter}:\n")).nth(1).unwrap();
            section.lines().find_map(|line| line.trim().strip_prefix("Default: ")).unwrap().to_owned()
        };
        let document = document(&Model::read());
        let binding = &document["channels"]["user-created"]["bindings"]["sqs"];
        let queue = &binding["queue"];
        assert_eq!(default("QueuePrefix"), QUEUE_PREFIX);
        assert_eq!(default("VisibilityTimeout"), queue["visibilityTimeout"].to_string());
        assert_eq!(default("MaxReceiveCount"), queue["redrivePolicy"]["maxReceiveCount"].to_string());
        let retention = format!("MessageRetentionPeriod: {}", queue["messageRetentionPeriod"]);
        let retentions = template.matches("MessageRetentionPeriod: ").count();
        assert_eq!(template.matches(&retention).count(), retentions);
        assert_eq!(binding["deadLetterQueue"]["name"], queue["redrivePolicy"]["deadLetterQueue"]["name"]);
    }

    #[test]
    fn every_reference_has_its_target() {
        let document = document(&Model::read());
        let text = document.to_string();
        let targets: Vec<_> =
            text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(targets.len() > 200, "{}", targets.len());
        for target in targets {
            assert!(document.pointer(target).is_some(), "{target}");
        }
    }
}
