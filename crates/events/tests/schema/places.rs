//! Places of values: every member of every payload, from the table and the payloads' definitions.

use prelude_events::{
    EventType, Source,
    schema::{self, Form, Object},
};

/// A member, or an element of a list, with its path from the payload.
#[derive(Clone)]
pub(crate) struct Place {
    steps: Vec<Step>,
    pub(crate) form: Form,
}

#[derive(Clone)]
enum Step {
    Member(&'static str),
    Element,
}

/// Every place in a type's payload, nested places included.
pub(crate) fn places(event_type: &EventType) -> Vec<Place> {
    let mut places = Vec::new();
    enter(&schema::payload(event_type).unwrap(), &[], &mut places);
    places
}

fn enter(object: &Object, steps: &[Step], places: &mut Vec<Place>) {
    for member in &object.members {
        let steps = [steps, &[Step::Member(member.name)]].concat();
        add(Place { steps, form: member.form.clone() }, places);
    }
}

fn add(place: Place, places: &mut Vec<Place>) {
    places.push(place.clone());
    match place.form {
        Form::Object(object) => enter(&object, &place.steps, places),
        Form::List(element) => {
            add(Place { steps: [place.steps, vec![Step::Element]].concat(), form: *element }, places);
        }
        _ => {}
    }
}

impl Place {
    pub(crate) fn is_element(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Element))
    }

    /// The path as an error writes it, e.g. `identifiers[0].value`.
    pub(crate) fn path(&self) -> String {
        let steps = self.steps.iter().map(|step| match step {
            Step::Member(name) => format!(".{name}"),
            Step::Element => "[0]".to_owned(),
        });
        steps.collect::<String>().trim_start_matches('.').to_owned()
    }

    /// The path as a JSON pointer, e.g. `/identifiers/0/value`.
    pub(crate) fn pointer(&self) -> String {
        format!("/{}", self.path().replace('[', ".").replace(']', "").replace('.', "/"))
    }

    /// An event with this JSON in this place and nothing else. It is built as text to keep the digits.
    pub(crate) fn event(&self, event_type: &EventType, json: &str) -> String {
        let payload = self.steps.iter().rev().fold(json.to_owned(), |inner, step| match step {
            Step::Member(name) => format!(r#"{{"{name}":{inner}}}"#),
            Step::Element => format!("[{inner}]"),
        });
        if event_type.source() == Some(Source::VerifyV1) {
            return payload.replacen('{', &format!(r#"{{"type":"{event_type}","#), 1);
        }
        format!(r#"{{"type":"{event_type}","payload":{payload}}}"#)
    }
}
