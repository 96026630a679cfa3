//! The schemas against the samples and against the typed view: all three describe the same events.

use prelude_events::{
    EventType, Received, samples,
    schema::{self, Form, Member, Object},
};
use serde_json::{Value, json};
use validator::{event, fault, paths};

#[test]
fn every_type_has_all_parts() {
    for event_type in EventType::ALL {
        let payload = schema::payload(event_type).unwrap();
        assert!(!payload.members.is_empty(), "{event_type}");
        check_meanings(event_type.as_str(), &payload);
        let schema = schema::json_schema(event_type).unwrap();
        assert_eq!(schema["title"], event_type.as_str());
        assert_eq!(schema["description"], event_type.meaning().unwrap());
        assert_eq!(schema["properties"]["type"]["const"], event_type.as_str());
    }
}

/// Sentences for people: no link of rustdoc's, nothing left over from a comment's lines.
fn check_meanings(path: &str, object: &Object) {
    let check = |path: &str, meaning: &str| {
        assert!(meaning.ends_with('.') && !meaning.contains("]("), "{path}: {meaning}");
        assert_eq!(meaning, meaning.split_whitespace().collect::<Vec<_>>().join(" "), "{path}");
    };
    check(path, &object.meaning);
    for Member { name, meaning, form, .. } in &object.members {
        let path = format!("{path}.{name}");
        check(&path, meaning);
        let form = if let Form::List(element) = form { &**element } else { form };
        match form {
            Form::Object(object) => check_meanings(&path, object),
            Form::Word(words) => words.iter().for_each(|word| check(&path, &word.meaning)),
            _ => {}
        }
    }
}

#[test]
fn every_sample_is_valid_and_knows_no_member_that_its_schema_does_not() {
    for sample in samples::ALL {
        let schema = schema::json_schema(&sample.event_type).unwrap();
        let event: Value = serde_json::from_str(sample.json).unwrap();
        assert_eq!(fault(&schema, &event, true), None, "{}", sample.event_type);
    }
}

#[test]
fn only_the_own_type_is_valid() {
    for sample in samples::ALL {
        let event: Value = serde_json::from_str(sample.json).unwrap();
        for other in EventType::ALL {
            let schema = schema::json_schema(other).unwrap();
            assert_eq!(fault(&schema, &event, false).is_none(), *other == sample.event_type, "{other}");
        }
    }
}

/// Puts values of every kind into every member of every payload: the schema takes what the crate reads, and no more.
#[test]
fn schema_and_typed_view_accept_the_same() {
    let (mut both, mut neither) = (0, 0);
    for event_type in EventType::ALL {
        let schema = schema::json_schema(event_type).unwrap();
        for path in paths(&schema::payload(event_type).unwrap()) {
            for value in [
                json!(null),
                json!(""),
                json!("word"),
                json!("1.50"),
                json!(0),
                json!(7),
                json!(-7),
                json!(1.5),
                json!(true),
                json!({}),
                json!({"newer": 1}),
                json!([{}]),
                json!([1]),
            ] {
                let event = event(event_type, &path, value);
                let read = Received::parse(event.to_string()).is_ok();
                let valid = fault(&schema, &event, false);
                assert_eq!(read, valid.is_none(), "{event_type}: {event}: {valid:?}");
                *(if read { &mut both } else { &mut neither }) += 1;
            }
        }
    }
    assert!(both > 1_000 && neither > 1_000, "{both} {neither}");
}

// `cfg(test)` tells clippy that helpers are test code as well.
#[cfg(test)]
mod validator {
    use prelude_events::{
        EventType, Source,
        schema::{Form, Object},
    };
    use serde_json::{Map, Value, json};

    /// The names that lead to each member.
    pub(super) fn paths(object: &Object) -> Vec<Vec<&'static str>> {
        let mut found = Vec::new();
        for member in &object.members {
            found.push(vec![member.name]);
            if let Form::Object(inner) = &member.form {
                found.extend(paths(inner).into_iter().map(|mut path| {
                    path.insert(0, member.name);
                    path
                }));
            }
        }
        found
    }

    pub(super) fn event(event_type: &EventType, steps: &[&str], value: Value) -> Value {
        let nested = steps.iter().rev().fold(value, |inner, step| json!({ *step: inner }));
        let mut event = json!({"type": event_type.as_str(), "payload": nested});
        if event_type.source() == Some(Source::VerifyV1) {
            let Value::Object(mut members) = nested else { panic!("an object") };
            members.insert("type".to_owned(), event_type.as_str().into());
            event = Value::Object(members);
        }
        event
    }

    /// What is wrong with a value, by the keywords that our schemas use; any other keyword fails the test. With `closed`,
    /// members without a schema are wrong as well.
    pub(super) fn fault(schema: &Value, value: &Value, closed: bool) -> Option<String> {
        let schema: &Map<String, Value> = schema.as_object().unwrap();
        let wrong = |what: &str| Some(format!("{what}: {value}"));
        for (keyword, rule) in schema {
            let fault = match keyword.as_str() {
                "$schema" | "title" | "description" | "format" | "x-personal" => None,
                "type" => {
                    let is = |name: &Value| match name.as_str().unwrap() {
                        "object" => value.is_object(),
                        "array" => value.is_array(),
                        "string" => value.is_string(),
                        "integer" => value.is_i64() || value.is_u64(),
                        "number" => value.is_number(),
                        "null" => value.is_null(),
                        other => panic!("{other}"),
                    };
                    let fits = rule.as_array().map_or_else(|| is(rule), |names| names.iter().any(is));
                    if fits { None } else { wrong("type") }
                }
                "const" => {
                    if value == rule {
                        None
                    } else {
                        wrong("const")
                    }
                }
                "minimum" => {
                    value.as_f64().filter(|n| *n < rule.as_f64().unwrap()).and_then(|_| wrong("minimum"))
                }
                "maxLength" => {
                    let too_long =
                        |text: &&str| text.chars().count() > usize::try_from(rule.as_u64().unwrap()).unwrap();
                    value.as_str().filter(too_long).and_then(|_| wrong("maxLength"))
                }
                "pattern" => {
                    assert!(
                        rule.as_str().unwrap().starts_with("^(-?(0|[1-9]"),
                        "the one pattern, of numbers"
                    );
                    let is_number = |text: &str| serde_json::from_str::<serde_json::Number>(text).is_ok();
                    let odd = |text: &&str| !text.is_empty() && (text.trim() != *text || !is_number(text));
                    value.as_str().filter(odd).and_then(|_| wrong("pattern"))
                }
                "anyOf" => {
                    let any = rule.as_array().unwrap();
                    if any.iter().any(|one| fault(one, value, closed).is_none()) {
                        None
                    } else {
                        wrong("anyOf")
                    }
                }
                "required" => {
                    let is_missing = |name: &&Value| value.get(name.as_str().unwrap()).is_none();
                    rule.as_array().unwrap().iter().find(is_missing).and_then(|_| wrong("required"))
                }
                "items" => {
                    value.as_array().and_then(|items| items.iter().find_map(|item| fault(rule, item, closed)))
                }
                "properties" => value.as_object().and_then(|members| {
                    members.iter().find_map(|(name, value)| match rule.get(name) {
                        Some(schema) => fault(schema, value, closed),
                        None if closed => Some(format!("`{name}` has no schema")),
                        None => None,
                    })
                }),
                other => panic!("the keyword {other}"),
            };
            if fault.is_some() {
                return fault;
            }
        }
        None
    }
}
