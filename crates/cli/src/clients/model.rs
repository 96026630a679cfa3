//! The table of event types as the clients need it: events, objects and sets of words, each with a name and once.

use std::collections::BTreeSet;

use prelude_events::{
    EventType, Source,
    payload::verify::DeliveryStatus,
    schema::{self, Form, Object, Word},
};

/// Everything that a client is written from.
#[derive(Debug, Clone)]
pub struct Model {
    /// Version of the table, and of every client.
    pub version: &'static str,
    /// In the order of the table.
    pub events: Vec<Event>,
    /// Objects below the payloads, and payloads. An object stands after those that its members need.
    pub objects: Vec<Named<Object>>,
    /// Sets of words, in the order of their first use.
    pub words: Vec<Named<Words>>,
}

/// An event type.
#[derive(Debug, Clone)]
pub struct Event {
    /// Name of its class, e.g. `VerifyAttempt`.
    pub name: String,
    /// Its type on the wire, e.g. `verify.attempt`.
    pub wire: &'static str,
    /// Its source.
    pub source: Source,
    /// One sentence.
    pub meaning: &'static str,
    /// Name of its payload's class.
    pub payload: String,
}

/// A set of words.
#[derive(Debug, Clone)]
pub struct Words {
    /// Path of its type in `prelude-events`.
    pub path: &'static str,
    /// Common meaning of the words.
    pub meaning: String,
    /// Words, in the order of their definition.
    pub words: Vec<Word>,
}

/// A description with the name that it has in every client.
#[derive(Debug, Clone)]
pub struct Named<T> {
    /// E.g. `VerifyAttemptPayload`, `Price`, `DeliveryStatus`.
    pub name: String,
    /// The description.
    pub item: T,
}

impl Words {
    /// Lines that describe the words to readers of a client.
    #[must_use]
    pub fn about(&self) -> Vec<String> {
        let mut lines = vec![self.meaning.clone(), "Prelude may add words, so any text can come.".to_owned()];
        lines.extend(self.words.iter().map(|word| format!("* `{}`: {}", word.word, word.meaning)));
        lines
    }
}

impl Model {
    /// Words of a delivery's progress, each with its stage. A status follows those of lower stages.
    ///
    /// Words that say nothing about progress have no stage.
    #[must_use]
    pub fn delivery_stages() -> Vec<(&'static str, usize)> {
        let before = |status: &DeliveryStatus| {
            DeliveryStatus::ALL.iter().filter(|other| status.follows(other)).count()
        };
        let counts: BTreeSet<_> = DeliveryStatus::ALL.iter().map(before).filter(|count| *count > 0).collect();
        let stage = |status: &'static DeliveryStatus| {
            let stage = counts.iter().position(|count| *count == before(status))?;
            Some((status.as_str(), stage))
        };
        DeliveryStatus::ALL.iter().filter_map(stage).collect()
    }

    /// Reads the table.
    #[must_use]
    pub fn read() -> Self {
        let mut model = Self {
            version: env!("CARGO_PKG_VERSION"),
            events: Vec::new(),
            objects: Vec::new(),
            words: Vec::new(),
        };
        for event_type in EventType::ALL {
            let (Some(source), Some(meaning), Some(payload), Some(wire)) = (
                event_type.source(),
                event_type.meaning(),
                schema::payload(event_type),
                static_name(event_type),
            ) else {
                continue;
            };
            let name = payload_name(payload.path);
            model.add_object(&name, payload);
            let event = Event { name: format!("{event_type:?}"), wire, source, meaning, payload: name };
            model.events.push(event);
        }
        model
    }

    /// Name of the class of an object that is a member.
    #[must_use]
    pub fn object_name(object: &Object) -> &'static str {
        last_step(object.path)
    }

    /// Name of a set of words.
    #[must_use]
    pub fn words_name(words: &[Word]) -> &'static str {
        words.first().map_or("", |word| last_step(word.set.path))
    }

    fn add_object(&mut self, name: &str, object: Object) {
        if self.objects.iter().any(|known| known.name == name) {
            return;
        }
        for member in &object.members {
            self.add_form(&member.form);
        }
        self.objects.push(Named { name: name.to_owned(), item: object });
    }

    fn add_form(&mut self, form: &Form) {
        match form {
            Form::Object(object) => self.add_object(Self::object_name(object), object.clone()),
            Form::List(element) => self.add_form(element),
            Form::Word(words) => {
                let name = Self::words_name(words);
                if let Some(first) = words.first()
                    && self.words.iter().all(|known| known.name != name)
                {
                    let (path, meaning) = (first.set.path, first.set.meaning.clone());
                    let item = Words { path, meaning, words: words.clone() };
                    self.words.push(Named { name: name.to_owned(), item });
                }
            }
            _ => {}
        }
    }
}

/// `prelude_events::payload::verify::Attempt` as `VerifyAttemptPayload`: payloads of several sources share a name.
fn payload_name(path: &str) -> String {
    let mut steps = path.rsplit("::");
    let name = steps.next().unwrap_or_default();
    format!("{}{name}Payload", capitals(steps.next().unwrap_or_default()))
}

fn last_step(path: &'static str) -> &'static str {
    path.rsplit("::").next().unwrap_or(path)
}

/// `verify_v1` as `VerifyV1`.
fn capitals(words: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    words.split('_').map(capital).collect()
}

fn static_name(event_type: &EventType) -> Option<&'static str> {
    EventType::ALL.iter().find(|known| *known == event_type).map(EventType::as_str)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_event_type_is_there_once() {
        let model = Model::read();
        let wires: Vec<_> = model.events.iter().map(|event| event.wire).collect();
        assert_eq!(wires, EventType::ALL.iter().map(EventType::as_str).collect::<Vec<_>>());
    }

    /// Two types that would share a name would also share a class.
    #[test]
    fn a_name_stands_for_one_type() {
        let model = Model::read();
        let events = model.events.iter().map(|event| (event.name.clone(), event.wire));
        let objects = model.objects.iter().map(|object| (object.name.clone(), object.item.path));
        let words = model.words.iter().map(|words| (words.name.clone(), words.item.path));
        let mut names = BTreeSet::new();
        for (name, path) in events.chain(objects).chain(words) {
            assert!(names.insert(name.clone()), "{name} {path}");
        }
        let mut paths: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for object in &model.objects {
            for member in &object.item.members {
                collect(&member.form, &mut paths);
            }
        }
        for (name, paths) in paths {
            assert_eq!(paths.len(), 1, "{name}: {paths:?}");
        }
    }

    fn collect(form: &Form, paths: &mut BTreeMap<String, BTreeSet<&'static str>>) {
        let (name, path) = match form {
            Form::Object(object) => (Model::object_name(object), object.path),
            Form::Word(words) => (Model::words_name(words), words[0].set.path),
            Form::List(element) => return collect(element, paths),
            _ => return,
        };
        paths.entry(name.to_owned()).or_default().insert(path);
    }

    #[test]
    fn a_higher_stage_follows_a_lower_one() {
        let stages = Model::delivery_stages();
        let stage = |status: &DeliveryStatus| {
            stages.iter().find(|(word, _)| *word == status.as_str()).map(|(_, stage)| stage)
        };
        for status in DeliveryStatus::ALL {
            for earlier in DeliveryStatus::ALL {
                assert_eq!(
                    stage(status) > stage(earlier),
                    status.follows(earlier),
                    "{status} after {earlier}"
                );
            }
        }
    }

    #[test]
    fn an_object_stands_after_those_that_it_needs() {
        let model = Model::read();
        let mut seen = BTreeSet::new();
        for object in &model.objects {
            for member in &object.item.members {
                let form = if let Form::List(element) = &member.form { element } else { &member.form };
                if let Form::Object(needed) = form {
                    assert!(seen.contains(Model::object_name(needed)), "{}.{}", object.name, member.name);
                }
            }
            seen.insert(object.name.as_str());
        }
    }
}
