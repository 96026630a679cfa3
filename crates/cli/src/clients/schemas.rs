//! JSON Schemas (draft 2020-12): one of each event type in two profiles, and one of the message attributes.
//!
//! The *validation* profile accepts every event that the Rust crate reads. Generators of code cannot use it: with several
//! types for each member they give up and write "any". The *code generation* profile has the documented forms only, with a
//! name for each object.

use prelude_events::{
    EventType, Source,
    schema::{self, Form, Member, Object},
};
use prelude_webhooks::parking::Reason;
use serde_json::{Map, Value, json};

use super::{
    ClientFile,
    model::{Event, Model},
};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

pub(super) fn files(model: &Model) -> Vec<ClientFile> {
    let mut files = vec![file("message-attributes.json", &attributes())];
    for event in &model.events {
        if let Some(schema) = schema::json_schema(&EventType::from(event.wire)) {
            files.push(file(&format!("validation/{}.json", event.wire), &schema));
        }
        files.push(file(&format!("codegen/{}.json", event.wire), &code_generation(model, event)));
    }
    files
}

fn file(name: &str, schema: &Value) -> ClientFile {
    ClientFile { path: format!("schemas/{name}"), text: format!("{schema:#}\n") }
}

/// The schema of a type's event for generators of code. Names are those of the clients.
pub(super) fn code_generation(model: &Model, event: &Event) -> Value {
    let mut needed = Needed { model, definitions: Map::new() };
    let kind = json!({"const": event.wire, "description": "The type of the event."});
    let payload = model.objects.iter().find(|object| object.name == event.payload);
    let (properties, required) = match payload {
        // Verify V1 has no envelope: its payload is the whole event.
        Some(payload) if event.source == Source::VerifyV1 => {
            let mut properties = needed.properties(&payload.item);
            properties.insert("type".to_owned(), kind);
            (Value::Object(properties), json!(["type"]))
        }
        Some(payload) => {
            needed.add_object(&event.payload, &payload.item);
            let properties = json!({
                "id": {"type": ["string", "null"], "description": "The event, `evt_…`: the same on every retry."},
                "type": kind,
                "payload": reference(&event.payload),
                "created_at": {"type": ["string", "null"], "description": "When Prelude created the event."},
            });
            (properties, json!(["type", "payload"]))
        }
        None => (json!({"type": kind}), json!(["type"])),
    };
    let mut schema = json!({
        "$schema": DRAFT,
        "title": event.name,
        "description": event.meaning,
        "type": "object",
        "properties": properties,
        "required": required,
    });
    if let (false, Some(members)) = (needed.definitions.is_empty(), schema.as_object_mut()) {
        members.insert("$defs".to_owned(), Value::Object(needed.definitions));
    }
    schema
}

/// Definitions that a schema refers to.
struct Needed<'a> {
    model: &'a Model,
    definitions: Map<String, Value>,
}

impl Needed<'_> {
    fn add_object(&mut self, name: &str, object: &Object) {
        if !self.definitions.contains_key(name) {
            let properties = self.properties(object);
            let definition = json!({
                "title": name, "description": object.meaning, "type": "object", "properties": properties,
            });
            self.definitions.insert(name.to_owned(), definition);
        }
    }

    fn add_words(&mut self, name: &str) {
        let Some(words) = self.model.words.iter().find(|words| words.name == name) else { return };
        // With a name of its own, because generators would otherwise invent one, such as `Channel4`.
        let known = format!("Known{name}");
        let enumeration = json!({
            "title": known,
            "description": words.item.meaning,
            "type": "string",
            "enum": words.item.words.iter().map(|word| word.word).collect::<Vec<_>>(),
        });
        let definition = json!({
            "title": name,
            "description": words.item.meaning,
            "anyOf": [
                reference(&known),
                {"type": "string", "description": "A word that is newer than this schema."},
                {"type": "null"},
            ],
        });
        self.definitions.insert(known, enumeration);
        self.definitions.insert(name.to_owned(), definition);
    }

    fn properties(&mut self, object: &Object) -> Map<String, Value> {
        object.members.iter().map(|member| (member.name.to_owned(), self.member(member))).collect()
    }

    fn member(&mut self, member: &Member) -> Value {
        let mut schema = self.form(&member.form);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), member.meaning.clone().into());
            if member.personal {
                schema.insert("x-personal".to_owned(), true.into());
            }
        }
        schema
    }

    fn form(&mut self, form: &Form) -> Value {
        match form {
            Form::Text => json!({"type": ["string", "null"]}),
            Form::Count => json!({"type": ["integer", "null"], "minimum": 0}),
            // Verify sends amounts as numbers, Notify as strings.
            Form::Decimal => json!({"type": ["number", "string", "null"]}),
            // Without a format: classes of times lose nanoseconds, and refuse the offset `+0000` of Verify V1.
            Form::Time => json!({"type": ["string", "null"]}),
            Form::Word(words) => {
                let name = Model::words_name(words);
                self.add_words(name);
                reference(name)
            }
            Form::Object(object) => {
                let name = Model::object_name(object);
                self.add_object(name, object);
                json!({"anyOf": [reference(name), {"type": "null"}]})
            }
            Form::List(element) => {
                // An element is never absent.
                let items = match &**element {
                    Form::Object(object) => {
                        let name = Model::object_name(object);
                        self.add_object(name, object);
                        reference(name)
                    }
                    Form::Text => json!({"type": "string"}),
                    other => self.form(other),
                };
                json!({"type": ["array", "null"], "items": items})
            }
            _ => json!({}),
        }
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// The schema of a message's attributes, as an object of names and values. All are strings.
pub(super) fn attributes() -> Value {
    let text = |meaning: &str| json!({"type": "string", "maxLength": 256, "description": meaning});
    let sources: Vec<_> = Source::ALL.iter().map(|source| source.as_str()).collect();
    let reasons: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    json!({
        "$schema": DRAFT,
        "title": "MessageAttributes",
        "description": "The message attributes of an event, by name. An attribute that does not apply is absent.",
        "type": "object",
        "properties": {
            "event_type": text("The event type, e.g. `verify.attempt`."),
            "event_id": text("The event's id: the same for every delivery of the same event."),
            "source": {"type": "string", "enum": sources, "description": "The Prelude product that sent the event."},
            "app_id": text("The Session app."),
            "authentication": {
                "type": "string",
                "enum": ["signature", "secret_path"],
                "description": "How the delivery was authenticated.",
            },
            "key_id": text("The verifying key: its `kid`, otherwise its RFC 7638 thumbprint."),
            "request_id": text("The Lambda invocation's id."),
            "received_at": {
                "type": "string", "format": "date-time", "description": "When the receiver got the event, RFC 3339, UTC.",
            },
            "reason": {"type": "string", "enum": reasons, "description": "Why the event was parked."},
            "encoding": {
                "type": "string",
                "pattern": "^(base64|gzip\\+base64(;part=[0-9]+/[0-9]+)?)$",
                "description": "How a parked body is encoded. Absent if the body is as received.",
            },
        },
        "required": ["event_id", "authentication"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_of_the_documentation_is_there_and_no_other() {
        let page = include_str!("../../../../docs/messages.md");
        let table = page.split("## Attributes").nth(1).unwrap().split("\n#").next().unwrap();
        let mut documented: Vec<_> =
            table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        documented.sort_unstable();
        let schema = attributes();
        let mut names: Vec<_> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, documented);
    }

    #[test]
    fn every_reference_has_its_definition() {
        let model = Model::read();
        for event in &model.events {
            let schema = code_generation(&model, event);
            let text = schema.to_string();
            for name in text.split("#/$defs/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(schema["$defs"][name].is_object(), "{}: {name}", event.wire);
            }
        }
    }
}
