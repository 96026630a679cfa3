//! Decodes a parked body, or the joined bodies of all its parts, into the exact bytes that were received.

use std::io::Read;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::read::GzDecoder;

use crate::publish::encoding::Encoding;

/// Reason why a parked body cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// This version does not write such an encoding.
    #[error("its encoding is unknown")]
    Encoding,
    /// The body does not have the encoding in its attribute.
    #[error("its body is not what its encoding says")]
    Body,
}

/// Limit on decoded bytes, far above any request. No receiver parks a body that decodes to more.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;

impl Encoding {
    /// Reads the attribute's value.
    ///
    /// # Errors
    /// [`UnpackError::Encoding`] for an unknown value.
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

    /// Decodes a body, or the bodies of all parts, joined in their order.
    ///
    /// # Errors
    /// [`UnpackError::Body`] for a body in another encoding.
    pub fn unpack(self, body: String) -> Result<Bytes, UnpackError> {
        if self == Self::Text {
            return Ok(body.into());
        }
        // Padding alone stands for no bytes, because SQS refuses an empty body.
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
    fn a_body_that_decodes_to_more_than_a_request_can_hold_is_refused() {
        let zeros = vec![0; usize::try_from(MAX_UNPACKED).unwrap() + 1];
        let packed = crate::publish::encoding::base64(&crate::publish::encoding::gzip(&zeros));
        let text = String::from_utf8(packed.to_vec()).unwrap();
        assert_eq!(Encoding::Gzip.unpack(text), Err(UnpackError::Body));
    }
}
