//! The way back: a parked body, or the joined bodies of all its parts, to the exact bytes that were received.

use std::io::Read;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::read::GzDecoder;

/// How a parked body is written; the message attribute `encoding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it came; the attribute is absent.
    Text,
    /// `base64`.
    Base64,
    /// `gzip+base64`.
    Gzip,
    /// `gzip+base64;part=<index>/<count>`, counted from 1.
    GzipPart {
        /// The part's place.
        index: usize,
        /// How many parts there are.
        count: usize,
    },
}

/// Why a parked body can not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// The attribute is none that this version writes.
    #[error("its encoding is unknown")]
    Encoding,
    /// The body is not what its encoding says.
    #[error("its body is not what its encoding says")]
    Body,
}

/// More than any request that reaches the function can hold: what unpacks to more was not packed here.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;

impl Encoding {
    /// Reads the attribute's value.
    ///
    /// # Errors
    /// A value that is in no list.
    pub fn read(value: Option<&str>) -> Result<Self, UnpackError> {
        match value {
            None => Ok(Self::Text),
            Some("base64") => Ok(Self::Base64),
            Some("gzip+base64") => Ok(Self::Gzip),
            Some(value) => value
                .strip_prefix("gzip+base64;part=")
                .and_then(|part| part.split_once('/'))
                .and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)))
                .filter(|(index, count)| (1..=*count).contains(index))
                .map(|(index, count)| Self::GzipPart { index, count })
                .ok_or(UnpackError::Encoding),
        }
    }

    /// The bytes that a body stands for; of parts, the bodies of all of them, joined in their order.
    ///
    /// # Errors
    /// The body is not what the encoding says.
    pub fn unpack(self, body: String) -> Result<Bytes, UnpackError> {
        if self == Self::Text {
            return Ok(body.into());
        }
        // Padding alone stands for no bytes at all, for SQS takes no empty body.
        let text = if body == "====" { "" } else { &body };
        let decoded = STANDARD.decode(text).map_err(|_invalid| UnpackError::Body)?;
        if self == Self::Base64 {
            return Ok(decoded.into());
        }
        let mut raw = Vec::new();
        let mut decoder = GzDecoder::new(&*decoded).take(MAX_UNPACKED + 1);
        match decoder.read_to_end(&mut raw) {
            Ok(length) if length as u64 <= MAX_UNPACKED => Ok(raw.into()),
            _ => Err(UnpackError::Body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for value in
            ["", "gzip", "gzip+base64;part=0/3", "gzip+base64;part=4/3", "gzip+base64;part=1", "Base64"]
        {
            assert_eq!(Encoding::read(Some(value)), Err(UnpackError::Encoding), "{value}");
        }
    }

    #[test]
    fn a_body_that_is_not_what_its_encoding_says_is_an_error() {
        assert_eq!(Encoding::Base64.unpack("====".into()), Ok(Bytes::new()));
        for (encoding, body) in [
            (Encoding::Base64, "{}"),
            (Encoding::Gzip, "e30="),
            (Encoding::Gzip, "H4sIAAAAAAAA"),
            (Encoding::Gzip, "===="),
        ] {
            assert_eq!(encoding.unpack(body.into()), Err(UnpackError::Body), "{encoding:?} {body}");
        }
    }

    #[test]
    fn what_unpacks_to_more_than_a_request_can_hold_is_refused() {
        let zeros = vec![0; usize::try_from(MAX_UNPACKED).unwrap() + 1];
        let packed = super::super::base64(&super::super::gzip(&zeros));
        let text = String::from_utf8(packed.to_vec()).unwrap();
        assert_eq!(Encoding::Gzip.unpack(text), Err(UnpackError::Body));
    }
}
