//! The parking queue: why an authentic event is there, and how its exact bytes are put into a message.

mod unpack;

use std::io::{self, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

pub use self::unpack::{Encoding, UnpackError};

/// Why an event is parked instead of routed; the message attribute `reason`. In order: the first that fits is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is not JSON.
    InvalidJson,
    /// JSON without a usable type.
    InvalidEvent,
    /// A type that is not in the table, or not one of the family that was proven.
    UnknownType,
    /// Too large for one SQS message.
    Oversize,
    /// SQS refused its content.
    RejectedBySqs,
    /// Its queue does not exist.
    QueueMissing,
    /// Its queue, or the queue's KMS key, may not be used.
    QueueDenied,
    /// A slice of a batch that holds too many events to send one by one.
    BatchTooLarge,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NotUtf8,
        Self::InvalidJson,
        Self::InvalidEvent,
        Self::UnknownType,
        Self::Oversize,
        Self::RejectedBySqs,
        Self::QueueMissing,
        Self::QueueDenied,
        Self::BatchTooLarge,
    ];

    /// The attribute's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::InvalidJson => "invalid_json",
            Self::InvalidEvent => "invalid_event",
            Self::UnknownType => "unknown_type",
            Self::Oversize => "oversize",
            Self::RejectedBySqs => "rejected_by_sqs",
            Self::QueueMissing => "queue_missing",
            Self::QueueDenied => "queue_denied",
            Self::BatchTooLarge => "batch_too_large",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// How a parked body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As text where SQS takes it.
    Text,
    /// As base64 at least: SQS refused the text.
    Base64,
}

/// One message's worth of a parked body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) body: Bytes,
    /// The attribute `encoding`; `None` for text.
    pub(crate) encoding: Option<String>,
}

/// The largest message SQS takes, in bytes of body and attributes.
pub(crate) const MAX_MESSAGE: usize = 1_048_576;
/// Room for all ten attributes: names, types, and values of at most 256 characters of at most four bytes.
pub(crate) const ATTRIBUTES_RESERVE: usize = 16 * 1024;

/// Packs exact bytes into messages: as text where it fits beside attributes of that many bytes, else base64, else gzip
/// and base64, else that in parts whose joined texts decode to it.
///
/// Encoded ones are measured against a constant, so that an event's parts are cut at the same places whenever it comes.
pub(crate) fn pack(raw: &Bytes, form: Form, attributes_size: usize) -> Vec<Parcel> {
    pack_within(raw, form, MAX_MESSAGE.saturating_sub(attributes_size), MAX_MESSAGE - ATTRIBUTES_RESERVE)
}

fn pack_within(raw: &Bytes, form: Form, text_limit: usize, encoded_limit: usize) -> Vec<Parcel> {
    let is_text = form == Form::Text && !raw.is_empty() && std::str::from_utf8(raw).is_ok_and(is_sqs_text);
    if is_text && raw.len() <= text_limit {
        return vec![Parcel { body: raw.clone(), encoding: None }];
    }
    if !is_text && base64_length(raw.len()) <= encoded_limit {
        return vec![Parcel { body: base64(raw), encoding: Some("base64".into()) }];
    }
    let packed = base64(&gzip(raw));
    // Whole groups of four characters, so that each part also decodes alone.
    let part_length = (encoded_limit / 4 * 4).max(4);
    if packed.len() <= part_length {
        return vec![Parcel { body: packed, encoding: Some("gzip+base64".into()) }];
    }
    let parts = packed.len().div_ceil(part_length);
    (0..parts)
        .map(|index| Parcel {
            body: packed.slice(index * part_length..packed.len().min((index + 1) * part_length)),
            encoding: Some(format!("gzip+base64;part={}/{parts}", index + 1)),
        })
        .collect()
}

/// Whether SQS takes the text: the characters of XML 1.0 (`SendMessage` in the SQS API reference).
pub(crate) fn is_sqs_text(text: &str) -> bool {
    // Nothing below U+0080 but controls is forbidden: most texts end here.
    if text.is_ascii() {
        return text.bytes().all(|byte| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'));
    }
    text.chars().all(is_sqs_char)
}

pub(crate) const fn is_sqs_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

const fn base64_length(length: usize) -> usize {
    length.div_ceil(3) * 4
}

fn base64(bytes: &[u8]) -> Bytes {
    if bytes.is_empty() {
        // SQS takes no empty body, and base64 of nothing is nothing: padding alone is read as nothing.
        return Bytes::from_static(b"====");
    }
    STANDARD.encode(bytes).into()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let compress = || -> io::Result<Vec<u8>> {
        // The fastest level: the function has a fraction of a core, and the sender waits.
        let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    // Writing to memory does not fail.
    compress().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unpack(parcels: &[Parcel]) -> Bytes {
        let text: String = parcels.iter().map(|parcel| std::str::from_utf8(&parcel.body).unwrap()).collect();
        Encoding::read(parcels[0].encoding.as_deref()).unwrap().unpack(text).unwrap()
    }

    fn noise(length: usize) -> Bytes {
        let mut state = 1u64;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(length)
        .collect()
    }

    #[test]
    fn the_smallest_encoding_that_fits_is_taken() {
        let encoding = |raw: &'static [u8], form, limit| {
            pack_within(&Bytes::from_static(raw), form, limit, limit)[0].encoding.clone()
        };
        assert_eq!(encoding(b"{}", Form::Text, 2), None);
        assert_eq!(encoding(b"{}", Form::Base64, 4).as_deref(), Some("base64"));
        assert_eq!(encoding(b"", Form::Text, 100).as_deref(), Some("base64"));
        assert_eq!(encoding(b"\xff", Form::Text, 100).as_deref(), Some("base64"));
        assert_eq!(encoding("\u{ffff}".as_bytes(), Form::Text, 100).as_deref(), Some("base64"));
        assert_eq!(encoding(&[b'a'; 1000], Form::Text, 999).as_deref(), Some("gzip+base64"));
    }

    #[test]
    fn incompressible_bytes_take_parts_that_also_decode_alone() {
        let raw = noise(3_000);
        let parcels = pack_within(&raw, Form::Text, 1_001, 1_001);
        assert_eq!(unpack(&parcels), raw);
        let last = parcels.len();
        assert!(last > 3);
        for (index, parcel) in parcels.iter().enumerate() {
            assert_eq!(
                parcel.encoding.as_deref(),
                Some(format!("gzip+base64;part={}/{last}", index + 1).as_str())
            );
            assert!(parcel.body.len() <= 1_001 && STANDARD.decode(&parcel.body).is_ok());
        }
    }

    #[test]
    fn parts_are_cut_at_the_same_places_whatever_attributes_go_with_them() {
        let raw = noise(3_000_000);
        let parts = pack(&raw, Form::Text, 200);
        assert!(parts.len() > 2);
        // A redelivery may have another request, another key and another reason.
        assert_eq!(pack(&raw, Form::Text, ATTRIBUTES_RESERVE), parts);
    }

    proptest! {
        #[test]
        fn packing_keeps_the_limit_and_loses_nothing(
            raw in proptest::collection::vec(any::<u8>(), 0..2_000), limit in 8usize..3_000, base64: bool,
        ) {
            let raw = Bytes::from(raw);
            let parcels = pack_within(&raw, if base64 { Form::Base64 } else { Form::Text }, limit, limit);
            prop_assert!(parcels.iter().all(|parcel| !parcel.body.is_empty() && parcel.body.len() <= limit));
            prop_assert!(parcels.iter().all(|parcel| is_sqs_text(std::str::from_utf8(&parcel.body).unwrap())));
            prop_assert_eq!(unpack(&parcels), raw);
        }

        #[test]
        fn the_ascii_shortcut_agrees_with_the_table(text: String) {
            prop_assert_eq!(is_sqs_text(&text), text.chars().all(is_sqs_char));
        }
    }
}
