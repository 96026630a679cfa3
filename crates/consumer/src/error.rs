use std::{any::type_name, borrow::Cow, error::Error, fmt};

use prelude_events::ParseError;

use crate::table::TableError;

/// Error of your `handle`: fails the record, so that SQS delivers it again.
///
/// `?` converts any error. The log then shows the name of the error's type only, because its text may quote the event. Give a
/// text that is safe to log with [`new`](Self::new).
///
/// ```
/// use prelude_consumer::RecordError;
///
/// fn number(text: &str) -> Result<u8, RecordError> {
///     Ok(text.parse()?)
/// }
/// assert_eq!(number("+33639980001").unwrap_err().to_string(), "ParseIntError");
/// assert_eq!(RecordError::new("no such user").to_string(), "no such user");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RecordError {
    name: &'static str,
    text: Option<Cow<'static, str>>,
}

impl RecordError {
    /// Creates an error with a text that is logged: write no phone number, address, name or content into it.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { name: "RecordError", text: Some(text.into()) }
    }
}

impl<E: Error> From<E> for RecordError {
    fn from(_error: E) -> Self {
        // `core::num::error::ParseIntError`, or `…::SdkError<…>`.
        let path = type_name::<E>().split('<').next().unwrap_or_default();
        Self { name: path.rsplit("::").next().unwrap_or_default(), text: None }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.as_deref().unwrap_or(self.name))
    }
}

impl fmt::Debug for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordError({self})")
    }
}

/// Reason why a record is reported.
#[derive(Debug)]
pub(crate) enum Failure {
    Parse(ParseError),
    Handle(RecordError),
    Panic,
    NoEventId,
    ClaimHeld,
    Table(TableError),
    GroupFailed,
    OutOfTime,
}

impl Failure {
    /// Name of the error, for the log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Parse(_) => "ParseError",
            Self::Handle(error) => error.name,
            Self::Panic => "Panic",
            Self::NoEventId => "NoEventId",
            Self::ClaimHeld => "ClaimHeld",
            Self::Table(_) => "TableError",
            Self::GroupFailed | Self::OutOfTime => "NotStarted",
        }
    }

    /// Text for the log; `None` for errors whose text may quote the event.
    pub(crate) fn reason(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Parse(error) => error.to_string().into(),
            Self::Handle(error) => error.text.as_deref()?.into(),
            Self::Panic => return None,
            Self::NoEventId => {
                "attribute event_id is missing or empty: expected a message of the receiver".into()
            }
            Self::ClaimHeld => "another invocation handles the event".into(),
            Self::Table(error) => error.to_string().into(),
            Self::GroupFailed => "an earlier record of the message group failed".into(),
            Self::OutOfTime => "the time left is less than the last record took".into(),
        })
    }

    /// Reports whether the handler was not called, because the record has to wait.
    pub(crate) const fn is_wait(&self) -> bool {
        matches!(self, Self::ClaimHeld | Self::GroupFailed | Self::OutOfTime)
    }
}
