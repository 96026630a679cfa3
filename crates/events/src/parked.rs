//! Bodies of the parking queue. The receiver uses the same code.

use crate::idempotency_key;
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::bufread::GzDecoder;
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt,
    io::Read,
};

/// Limit on decoded bytes, far above any request. No receiver parks a body that decodes to more.
const MAX_DECODED: u64 = 64 * 1024 * 1024;

/// The bytes that the receiver got, from the body of one message of the parking queue.
///
/// `attribute` returns the text of a message attribute by its name.
///
/// ```
/// let bytes = prelude_events::decode("e30=", |name| (name == "encoding").then_some("base64"))?;
/// assert_eq!(bytes, b"{}");
/// # Ok::<(), prelude_events::DecodeError>(())
/// ```
///
/// # Errors
///
/// The message is one of several parts, which [`join_parts`] takes, or it is not what its attribute `encoding` says.
pub fn decode<'a>(body: &str, attribute: impl Fn(&str) -> Option<&'a str>) -> Result<Vec<u8>, DecodeError> {
    match Encoding::read(attribute("encoding"))? {
        Encoding::GzipPart { .. } => Err(DecodeError::Part),
        encoding => encoding.unpack(body.to_owned()),
    }
}

/// The bytes that the receiver got, from all parts of one event in any order. A part may come more than once.
///
/// A message is its body, and a function from the name of a message attribute to its text.
///
/// ```
/// let parts = [("H4sIAAAAAAAC/6uuBQ", "gzip+base64;part=1/2"), ("BDv6ajAgAAAA==", "gzip+base64;part=2/2")];
/// let bytes = prelude_events::join_parts(
///     parts.iter().map(|(body, encoding)| (*body, |name: &str| (name == "encoding").then_some(*encoding))),
/// )?;
/// assert_eq!(bytes, b"{}");
/// # Ok::<(), prelude_events::DecodeError>(())
/// ```
///
/// # Errors
///
/// A part is missing, or the messages are not parts of one event.
pub fn join_parts<'a, A: Fn(&str) -> Option<&'a str>>(
    messages: impl IntoIterator<Item = (&'a str, A)>,
) -> Result<Vec<u8>, DecodeError> {
    let mut parts = BTreeMap::new();
    let mut events = BTreeSet::new();
    for (body, attribute) in messages {
        let Encoding::GzipPart { index, count } = Encoding::read(attribute("encoding"))? else {
            return Err(DecodeError::NotAPart);
        };
        events.insert((idempotency_key(attribute), count));
        if *parts.entry(index).or_insert(body) != body {
            return Err(DecodeError::SeveralEvents);
        }
    }
    let mut events = events.into_iter();
    let (Some((_, count)), None) = (events.next(), events.next()) else {
        return Err(if parts.is_empty() { DecodeError::NotAPart } else { DecodeError::SeveralEvents });
    };
    if parts.len() < count {
        return Err(DecodeError::Missing { present: parts.len(), count });
    }
    Encoding::Gzip.unpack(parts.into_values().collect())
}

/// Encoding of a parked body: the message attribute `encoding`, which [`Text`](Self::Text) does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// The exact bytes.
    Text,
    /// `base64`.
    Base64,
    /// `gzip+base64`.
    Gzip,
    /// `gzip+base64;part=<index>/<count>`, counted from 1.
    GzipPart {
        /// Place of the part.
        index: usize,
        /// Number of parts.
        count: usize,
    },
}

impl Encoding {
    /// Reads the attribute's value.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Encoding`] for an unknown value.
    pub fn read(value: Option<&str>) -> Result<Self, DecodeError> {
        match value {
            None => Ok(Self::Text),
            Some("base64") => Ok(Self::Base64),
            Some("gzip+base64") => Ok(Self::Gzip),
            Some(value) => value
                .strip_prefix("gzip+base64;part=")
                .and_then(|part| part.split_once('/'))
                .and_then(|(index, count)| Some((number(index)?, number(count)?)))
                .filter(|(index, count)| (1..=*count).contains(index))
                .map(|(index, count)| Self::GzipPart { index, count })
                .ok_or(DecodeError::Encoding),
        }
    }

    /// Decodes a body, or the joined bodies of all parts.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Body`] for a body in another encoding.
    pub fn unpack(self, body: String) -> Result<Vec<u8>, DecodeError> {
        if self == Self::Text {
            return Ok(body.into_bytes());
        }
        // Padding alone stands for no bytes, because SQS refuses an empty body.
        let text = if body == "====" { "" } else { &body };
        let decoded = STANDARD.decode(text).map_err(|_invalid| DecodeError::Body)?;
        if self == Self::Base64 {
            return Ok(decoded);
        }
        let mut raw = Vec::new();
        let mut decoder = GzDecoder::new(&*decoded);
        match decoder.by_ref().take(MAX_DECODED + 1).read_to_end(&mut raw) {
            // The receiver writes one member, and nothing behind it.
            Ok(length) if length as u64 <= MAX_DECODED && decoder.into_inner().is_empty() => Ok(raw),
            _ => Err(DecodeError::Body),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Base64 => f.write_str("base64"),
            Self::Gzip => f.write_str("gzip+base64"),
            Self::GzipPart { index, count } => write!(f, "gzip+base64;part={index}/{count}"),
        }
    }
}

/// Up to nine digits, which fit everywhere. `parse` alone would accept a sign.
fn number(text: &str) -> Option<usize> {
    let is_number = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Reason why a parked body cannot be decoded. It holds nothing of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// No known receiver writes such an encoding.
    Encoding,
    /// The body is not what its encoding says.
    Body,
    /// The message is one part of an event.
    Part,
    /// A message is not a part, or there is no message.
    NotAPart,
    /// The parts belong to several events.
    SeveralEvents,
    /// A part is missing.
    #[non_exhaustive]
    Missing {
        /// Number of different parts that are there.
        present: usize,
        /// Number of all parts.
        count: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding => {
                f.write_str("encoding is unknown: expected base64, gzip+base64 or a part of it")
            }
            Self::Body => f.write_str("body is not what its encoding says"),
            Self::Part => f.write_str("message is one part of an event: expected all parts, in `join_parts`"),
            Self::NotAPart => f.write_str(
                "message is missing or not a part: expected the encoding gzip+base64;part=<i>/<n>",
            ),
            Self::SeveralEvents => {
                f.write_str("messages belong to several events: expected the parts of one event")
            }
            Self::Missing { present, count } => {
                write!(f, "{present} of {count} parts are there: expected all")
            }
        }
    }
}

impl Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    #[test]
    fn every_encoding_is_read_and_nothing_else() {
        for (value, encoding) in [
            (None, Encoding::Text),
            (Some("base64"), Encoding::Base64),
            (Some("gzip+base64"), Encoding::Gzip),
            (Some("gzip+base64;part=2/3"), Encoding::GzipPart { index: 2, count: 3 }),
        ] {
            assert_eq!(Encoding::read(value), Ok(encoding));
        }
        for value in [
            "",
            "gzip",
            "Base64",
            "gzip+base64;part=0/3",
            "gzip+base64;part=4/3",
            "gzip+base64;part=1",
            "gzip+base64;part=/",
            "gzip+base64;part=+1/3",
            "gzip+base64;part=1/1000000000",
        ] {
            assert_eq!(Encoding::read(Some(value)), Err(DecodeError::Encoding), "{value}");
        }
    }

    #[test]
    fn an_error_names_the_first_obstacle() {
        let join = |encodings: &[&'static str]| {
            let message = |encoding: &&'static str| {
                let encoding = *encoding;
                ("", move |name: &str| (name == "encoding").then_some(encoding))
            };
            join_parts(encodings.iter().map(message)).unwrap_err()
        };
        let (first, second) = ("gzip+base64;part=1/2", "gzip+base64;part=2/2");
        assert_eq!(join(&[]), DecodeError::NotAPart);
        assert_eq!(join(&["base64"]), DecodeError::NotAPart);
        assert_eq!(join(&["brotli"]), DecodeError::Encoding);
        assert_eq!(join(&[second]), DecodeError::Missing { present: 1, count: 2 });
        assert_eq!(join(&[first, "gzip+base64;part=2/3"]), DecodeError::SeveralEvents);
        assert_eq!(join(&[first, second]), DecodeError::Body);
        assert_eq!(decode("", |_| Some(first)), Err(DecodeError::Part));
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_body_that_decodes_to_more_than_a_request_can_hold_is_refused() {
        let text = STANDARD.encode(gzip(&vec![0; usize::try_from(MAX_DECODED).unwrap() + 1]));
        assert_eq!(Encoding::Gzip.unpack(text), Err(DecodeError::Body));
    }

    #[test]
    fn data_behind_gzip_is_refused() {
        for behind in [vec![0], b"secret".to_vec(), gzip(b"more")] {
            let text = STANDARD.encode([gzip(b"{}"), behind].concat());
            assert_eq!(Encoding::Gzip.unpack(text), Err(DecodeError::Body));
        }
    }
}
