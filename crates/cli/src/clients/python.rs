//! The Python client: classes of events and payloads, and the dispatcher's signatures.

mod docstring;

use prelude_events::schema::{Form, Member, Object};

use self::docstring::docstring;
use super::{
    ClientFile, licences,
    model::{Event, Model, Named, Words},
};

pub(super) fn files(model: &Model) -> Vec<ClientFile> {
    let file = |name: &str, text| ClientFile { path: format!("python/src/prelude_events/{name}"), text };
    let mut files = vec![
        file("_types.py", types(model)),
        file("_dispatcher.py", dispatcher(model)),
        file("_version.py", format!("{MARK}\nVERSION = \"{}\"\n", model.version)),
        file("__init__.py", exports(model)),
    ];
    files.extend(licences("python"));
    files
}

const MARK: &str = "# Written by `cargo prelude clients` from the table of event types. Do not edit it.\n";

fn types(model: &Model) -> String {
    let mut text = format!("{MARK}{TYPES_HEAD}");
    for Named { name, item } in &model.words {
        text += &words(name, item);
    }
    text += "\nDELIVERY_STAGES: Mapping[str, int] = {\n";
    for (word, stage) in Model::delivery_stages() {
        text += &format!("    \"{word}\": {stage},\n");
    }
    text += "}\n\"\"\"A status follows those of lower stages. Words without a stage say nothing about progress.\"\"\"\n";
    for Named { name, item } in &model.objects {
        text += &object(name, item);
    }
    for event in &model.events {
        text += &event_class(event);
    }
    text += "\n\nEvent = Union[\n";
    for event in &model.events {
        text += &format!("    {},\n", event.name);
    }
    text += "    UnknownEvent,\n]\n\"\"\"An event. `isinstance` and `match` distinguish the types.\"\"\"\n\n";
    text += "TABLE: Mapping[str, tuple[Callable[..., Event], Callable[[Any], Payload]]] = {\n";
    for event in &model.events {
        text += &format!("    \"{}\": ({}, read_object({})),\n", event.wire, event.name, event.payload);
    }
    text + "}\n\"\"\"The class of each type, and the reader of its payload.\"\"\"\n"
}

const TYPES_HEAD: &str = r#"
from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal, Union

from ._event import KnownEvent, UnknownEvent
from ._read import (
    Member,
    Payload,
    read_count,
    read_decimal,
    read_json,
    read_list,
    read_object,
    read_text,
    read_time,
)
from ._timestamp import Timestamp
"#;

fn words(name: &str, words: &Words) -> String {
    let list: Vec<_> = words.words.iter().map(|word| format!("        \"{}\",\n", word.word)).collect();
    format!(
        "\n{name} = Union[\n    Literal[\n{}    ],\n    str,\n]\n{}",
        list.concat(),
        docstring("", &words.about())
    )
}

fn object(name: &str, object: &Object) -> String {
    let about = docstring("    ", std::slice::from_ref(&object.meaning));
    let mut text = format!("\n\nclass {name}(Payload):\n{about}\n    __slots__ = (\n");
    for member in &object.members {
        text += &format!("        \"{}\",\n", field(member.name));
    }
    text += "    )\n";
    for member in &object.members {
        let (name, class) = (field(member.name), class(&member.form));
        text += &format!("\n    {name}: {class} | None\n");
        text += &docstring("    ", std::slice::from_ref(&member.meaning));
    }
    text += "\n    wire_members = (\n";
    for member in &object.members {
        let redacted = if is_redacted(member) { ", redacted=True" } else { "" };
        text += &format!("        Member(\"{}\", {}{redacted}),\n", member.name, reader(&member.form));
    }
    text + "    )\n"
}

fn event_class(event: &Event) -> String {
    let Event { name, wire, source, meaning, payload } = event;
    let about = docstring("    ", &[format!("`{wire}`: {meaning}")]);
    format!(
        "\n\nclass {name}(KnownEvent):\n{about}\n    __slots__ = ()\n\n    payload: {payload}\n\n    type: ClassVar[Literal[\"{wire}\"]] = \"{wire}\"\n    source: ClassVar[Literal[\"{source}\"]] = \"{source}\"\n"
    )
}

/// Hides any JSON too, because nobody knows what it holds.
fn is_redacted(member: &Member) -> bool {
    member.personal || member.form == Form::Json
}

fn class(form: &Form) -> String {
    match form {
        Form::Text => "str".to_owned(),
        Form::Count => "int".to_owned(),
        Form::Decimal => "Decimal".to_owned(),
        Form::Time => "Timestamp".to_owned(),
        Form::Word(words) => Model::words_name(words).to_owned(),
        Form::Object(object) => Model::object_name(object).to_owned(),
        Form::List(element) => format!("tuple[{}, ...]", class(element)),
        _ => "Any".to_owned(),
    }
}

fn reader(form: &Form) -> String {
    match form {
        Form::Text | Form::Word(_) => "read_text".to_owned(),
        Form::Count => "read_count".to_owned(),
        Form::Decimal => "read_decimal".to_owned(),
        Form::Time => "read_time".to_owned(),
        Form::Object(object) => format!("read_object({})", Model::object_name(object)),
        Form::List(element) => format!("read_list({})", reader(element)),
        _ => "read_json".to_owned(),
    }
}

/// `keyword.kwlist` of Python 3.10 to 3.14. `Member.field` in `_read.py` follows the same rule.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

fn field(wire: &str) -> String {
    if KEYWORDS.contains(&wire) { format!("{wire}_") } else { wire.to_owned() }
}

fn dispatcher(model: &Model) -> String {
    let names: String = model.events.iter().map(|event| format!("    {},\n", event.name)).collect();
    let mut text = format!("{MARK}{DISPATCHER_IMPORTS}from ._types import (\n{names})\n{DISPATCHER_HEAD}");
    for event in &model.events {
        text += &format!(
            "\n    @overload\n    def on(self, type: Literal[\"{}\"], handler: Callable[[{}], T]) -> None: ...\n",
            event.wire, event.name
        );
    }
    text + DISPATCHER_TAIL
}

const DISPATCHER_IMPORTS: &str = r#"
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

from ._dispatch import DispatcherBase, T
"#;

const DISPATCHER_HEAD: &str = r#"

class Dispatcher(DispatcherBase[T]):
    """Calls the handler of each event's type.

    The fallback gets every event without a handler: of a type that is newer than this version, and of a known type
    that nobody registered. It has to decide, so it cannot be left out.
    """
"#;

const DISPATCHER_TAIL: &str = r#"
    def on(self, type: str, handler: Callable[[Any], T]) -> None:
        """Registers the handler of an event type.

        Raises `RegistrationError` if the type has a handler already, if an event was dispatched already, or if this
        version does not know the type.
        """
        self._register(type, handler)
"#;

fn exports(model: &Model) -> String {
    let mut types: Vec<_> = vec!["Event".to_owned()];
    types.extend(model.words.iter().map(|words| words.name.clone()));
    types.extend(model.objects.iter().map(|object| object.name.clone()));
    types.extend(model.events.iter().map(|event| event.name.clone()));
    types.sort_unstable();
    let mut all: Vec<_> = OTHER_EXPORTS.iter().map(|name| (*name).to_owned()).chain(types.clone()).collect();
    all.sort_unstable();
    let list = |names: &[String], quote: &str| {
        names.iter().map(|name| format!("    {quote}{name}{quote},\n")).collect::<String>()
    };
    format!(
        "{MARK}{EXPORTS_HEAD}from ._types import (\n{})\nfrom ._version import VERSION\n\n__version__ = VERSION\n\n__all__ = [\n{}]\n",
        list(&types, ""),
        list(&all, "\"")
    )
}

const OTHER_EXPORTS: [&str; 15] = [
    "Attributes",
    "DecodeError",
    "Dispatcher",
    "KnownEvent",
    "Message",
    "ParseError",
    "Payload",
    "RegistrationError",
    "Timestamp",
    "UnknownEvent",
    "decode",
    "delivery_status_follows",
    "idempotency_key",
    "join_parts",
    "parse",
];

const EXPORTS_HEAD: &str = r#"
"""Typed webhook events of Prelude, for consumers of the SQS queues that the `prelude-webhooks` receiver fills."""

from ._attributes import Attributes, idempotency_key
from ._delivery import delivery_status_follows
from ._dispatcher import Dispatcher
from ._errors import DecodeError, ParseError, RegistrationError
from ._event import KnownEvent, UnknownEvent
from ._parked import Message, decode, join_parts
from ._parse import parse
from ._read import Payload
from ._timestamp import Timestamp
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_python_reserves_gets_an_underscore() {
        assert_eq!((field("from"), field("to")), ("from_".to_owned(), "to".to_owned()));
    }
}
