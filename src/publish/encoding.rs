//! Bodies of parked messages: exact bytes as text, base64, gzip and base64, or gzip and base64 in parts.

use std::io::{self, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use prelude_events::Encoding;

use crate::limits::{ATTRIBUTES_RESERVE, MAX_MESSAGE, is_sqs_text};

/// One message's share of a parked body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    pub(super) body: Bytes,
    pub(super) encoding: Encoding,
}

/// Encodes exact bytes with the first encoding that fits beside `attributes_size` bytes of attributes, starting at `first`
/// (text or base64). The joined texts of parts decode to the bytes.
///
/// Encoded bodies have a constant limit, so that an event's parts are cut at the same places in every delivery.
pub(super) fn encode(raw: &Bytes, first: Encoding, attributes_size: usize) -> Vec<Parcel> {
    encode_within(raw, first, MAX_MESSAGE.saturating_sub(attributes_size), MAX_MESSAGE - ATTRIBUTES_RESERVE)
}

fn encode_within(raw: &Bytes, first: Encoding, text_limit: usize, encoded_limit: usize) -> Vec<Parcel> {
    let is_text =
        first == Encoding::Text && !raw.is_empty() && std::str::from_utf8(raw).is_ok_and(is_sqs_text);
    if is_text && raw.len() <= text_limit {
        return vec![Parcel { body: raw.clone(), encoding: Encoding::Text }];
    }
    if !is_text && base64_length(raw.len()) <= encoded_limit {
        return vec![Parcel { body: base64(raw), encoding: Encoding::Base64 }];
    }
    let packed = base64(&gzip(raw));
    // Whole groups of four characters, so that each part decodes by itself.
    let part_length = (encoded_limit / 4 * 4).max(4);
    if packed.len() <= part_length {
        return vec![Parcel { body: packed, encoding: Encoding::Gzip }];
    }
    let count = packed.len().div_ceil(part_length);
    (0..count)
        .map(|index| Parcel {
            body: packed.slice(index * part_length..packed.len().min((index + 1) * part_length)),
            encoding: Encoding::GzipPart { index: index + 1, count },
        })
        .collect()
}

const fn base64_length(length: usize) -> usize {
    length.div_ceil(3) * 4
}

pub(crate) fn base64(bytes: &[u8]) -> Bytes {
    if bytes.is_empty() {
        // SQS refuses an empty body, so padding alone stands for no bytes.
        return Bytes::from_static(b"====");
    }
    STANDARD.encode(bytes).into()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let compress = || -> io::Result<Vec<u8>> {
        // The fastest level, because the function has a fraction of a core and the sender waits.
        let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    // Writing to memory cannot fail.
    compress().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unpack(parcels: &[Parcel]) -> Bytes {
        let text: String = parcels.iter().map(|parcel| std::str::from_utf8(&parcel.body).unwrap()).collect();
        let encoding = parcels[0].encoding.to_string();
        let attribute = (encoding != "text").then_some(&*encoding);
        Encoding::read(attribute).unwrap().unpack(text).unwrap().into()
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
        let encoding = |raw: &'static [u8], first, limit| {
            encode_within(&Bytes::from_static(raw), first, limit, limit)[0].encoding
        };
        assert_eq!(encoding(b"{}", Encoding::Text, 2), Encoding::Text);
        assert_eq!(encoding(b"{}", Encoding::Base64, 4), Encoding::Base64);
        assert_eq!(encoding(b"", Encoding::Text, 100), Encoding::Base64);
        assert_eq!(encoding(b"\xff", Encoding::Text, 100), Encoding::Base64);
        assert_eq!(encoding("\u{ffff}".as_bytes(), Encoding::Text, 100), Encoding::Base64);
        assert_eq!(encoding(&[b'a'; 1000], Encoding::Text, 999), Encoding::Gzip);
    }

    #[test]
    fn incompressible_bytes_take_parts_that_also_decode_alone() {
        let raw = noise(3_000);
        let parcels = encode_within(&raw, Encoding::Text, 1_001, 1_001);
        assert_eq!(unpack(&parcels), raw);
        let count = parcels.len();
        assert!(count > 3);
        for (index, parcel) in parcels.iter().enumerate() {
            assert_eq!(parcel.encoding.to_string(), format!("gzip+base64;part={}/{count}", index + 1));
            assert!(parcel.body.len() <= 1_001 && STANDARD.decode(&parcel.body).is_ok());
        }
    }

    #[test]
    fn parts_are_cut_at_the_same_places_whatever_attributes_go_with_them() {
        let raw = noise(3_000_000);
        let parts = encode(&raw, Encoding::Text, 200);
        assert!(parts.len() > 2);
        // A redelivery may have another request, another key and another reason.
        assert_eq!(encode(&raw, Encoding::Text, ATTRIBUTES_RESERVE), parts);
    }

    proptest! {
        #[test]
        fn encoding_keeps_the_limit_and_loses_nothing(
            raw in proptest::collection::vec(any::<u8>(), 0..2_000), limit in 8usize..3_000, base64: bool,
        ) {
            let raw = Bytes::from(raw);
            let parcels = encode_within(&raw, if base64 { Encoding::Base64 } else { Encoding::Text }, limit, limit);
            prop_assert!(parcels.iter().all(|parcel| !parcel.body.is_empty() && parcel.body.len() <= limit));
            prop_assert!(parcels.iter().all(|parcel| is_sqs_text(std::str::from_utf8(&parcel.body).unwrap())));
            prop_assert_eq!(unpack(&parcels), raw);
        }
    }
}
