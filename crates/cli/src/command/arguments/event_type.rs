//! An event type on the command line: completed by the shell, and with the nearest names where it is misspelled.

use std::ffi::OsStr;

use clap::{
    Arg, Command,
    builder::{PossibleValue, TypedValueParser},
    error::ErrorKind,
};
use prelude_cli::catalogue;
use prelude_events::EventType;

/// The types that were asked for: one, or all of them.
#[derive(Debug, Clone)]
pub(crate) struct Types(pub(crate) Vec<EventType>);

/// Reads a known type, and the word `all` where that is allowed.
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
                [] => "`prelude events` lists every event type".to_owned(),
                names => format!("did you mean {}?", names.join(" or ")),
            };
            let message = format!("there is no event type `{text}`; {hint}\n");
            clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let all = self.all.then(|| PossibleValue::new("all"));
        let types = EventType::ALL.iter().map(|known| PossibleValue::new(known.as_str()));
        Some(Box::new(all.into_iter().chain(types)))
    }
}
