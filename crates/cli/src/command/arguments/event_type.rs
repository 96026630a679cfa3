//! Event types on the command line, with shell completion and suggestions for misspelled names.

use std::ffi::OsStr;

use clap::{
    Arg, Command,
    builder::{PossibleValue, TypedValueParser},
    error::ErrorKind,
};
use prelude_cli::catalogue;
use prelude_events::EventType;

/// Chosen event types: one, or all.
#[derive(Debug, Clone)]
pub(crate) struct Types(pub(crate) Vec<EventType>);

/// Parser for a known type, and for the word `all` if that is allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypesParser {
    pub(crate) all: bool,
}

impl TypedValueParser for TypesParser {
    type Value = Types;

    fn parse_ref(&self, command: &Command, _arg: Option<&Arg>, value: &OsStr) -> Result<Types, clap::Error> {
        let text = value.to_string_lossy();
        if self.all && text == "all" {
            return Ok(Types(EventType::ALL.to_vec()));
        }
        EventType::known(&text).map(|known| Types(vec![known])).ok_or_else(|| {
            let nearest = catalogue::nearest(&text);
            let hint = match nearest.as_slice() {
                [] => "`prelude events` lists all types".to_owned(),
                names => format!("did you mean {}?", names.join(" or ")),
            };
            let message = format!("event type `{text}` is unknown: {hint}\n");
            clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let all = self.all.then(|| PossibleValue::new("all"));
        let types = EventType::ALL.iter().map(|known| PossibleValue::new(known.as_str()));
        Some(Box::new(all.into_iter().chain(types)))
    }
}
