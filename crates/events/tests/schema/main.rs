//! Compares the schemas with the samples and with the typed view.

// `cfg(test)` tells clippy that helpers are test code as well.
#[cfg(test)]
mod agreement;
#[cfg(test)]
mod places;
#[cfg(test)]
mod swaps;
#[cfg(test)]
mod validator;

use prelude_events::{
    EventType, samples,
    schema::{self, Form, Member, Object},
};
use serde_json::Value;
use validator::fault;

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

/// Requires sentences without rustdoc links and without line breaks of the comment.
fn check_meanings(path: &str, object: &Object) {
    let check = |path: &str, meaning: &str| {
        assert!(meaning.ends_with('.') && !meaning.contains("]("), "{path}: {meaning}");
        assert_eq!(meaning, meaning.split_whitespace().collect::<Vec<_>>().join(" "), "{path}");
    };
    check(path, &object.meaning);
    assert!(object.path.starts_with("prelude_events::payload::"), "{}", object.path);
    for Member { name, meaning, form, .. } in &object.members {
        let path = format!("{path}.{name}");
        check(&path, meaning);
        let form = if let Form::List(element) = form { &**element } else { form };
        match form {
            Form::Object(object) => check_meanings(&path, object),
            Form::Word(words) => {
                for word in words {
                    check(&path, &word.meaning);
                    check(word.set.path, &word.set.meaning);
                }
            }
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
