//! Payloads with chosen values: in one place, or in every place at once.

use prelude_events::{
    EventType, Source,
    schema::{Form, Object},
};

/// A member, or an element of a list, with the steps to it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    steps: Vec<Option<&'static str>>,
    pub(super) form: Form,
}

/// Every place below an object.
pub(super) fn places(object: &Object) -> Vec<Place> {
    let mut places = Vec::new();
    enter(object, &[], &mut places);
    places
}

fn enter(object: &Object, steps: &[Option<&'static str>], places: &mut Vec<Place>) {
    for member in &object.members {
        add(Place { steps: [steps, &[Some(member.name)]].concat(), form: member.form.clone() }, places);
    }
}

fn add(place: Place, places: &mut Vec<Place>) {
    places.push(place.clone());
    match place.form {
        Form::Object(object) => enter(&object, &place.steps, places),
        Form::List(element) => {
            add(Place { steps: [place.steps, vec![None]].concat(), form: *element }, places);
        }
        _ => {}
    }
}

impl Place {
    /// A payload with this value in this place and nothing else.
    pub(super) fn payload(&self, json: &str) -> String {
        self.steps.iter().rev().fold(json.to_owned(), |inner, step| match step {
            Some(name) => format!(r#"{{"{name}":{inner}}}"#),
            None => format!("[{inner}]"),
        })
    }
}

/// Place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Object,
    List,
}

/// An object with every member. `leaf` gives the values that are neither objects nor lists.
pub(super) fn filled(object: &Object, leaf: &dyn Fn(&Form, Within) -> String) -> String {
    let members = object.members.iter().map(|member| {
        let value = value(&member.form, Within::Object, leaf);
        format!(r#""{}":{value}"#, member.name)
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn value(form: &Form, within: Within, leaf: &dyn Fn(&Form, Within) -> String) -> String {
    match form {
        Form::Object(object) => filled(object, leaf),
        Form::List(element) => format!("[{}]", value(element, Within::List, leaf)),
        other => leaf(other, within),
    }
}

/// The event with this payload, and with further members beside the type.
pub(super) fn event(event_type: &EventType, payload: &str, further: &str) -> String {
    if event_type.source() == Some(Source::VerifyV1) {
        let comma = if payload == "{}" { "" } else { "," };
        return payload.replacen('{', &format!(r#"{{"type":"{event_type}"{further}{comma}"#), 1);
    }
    format!(r#"{{"type":"{event_type}","payload":{payload}{further}}}"#)
}
