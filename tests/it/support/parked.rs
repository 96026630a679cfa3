//! Recovery of events from the parking queue, as a consumer does it.

use std::{collections::BTreeMap, io::Read};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use prelude_local::aws::sqs::ReceivedMessage;

/// Recovers an event from its parking messages. Returns the encoding without the part, and the bytes.
pub(crate) fn recover(messages: &[ReceivedMessage]) -> (String, Vec<u8>) {
    let mut parts = BTreeMap::new();
    let mut encoding = String::new();
    for message in messages {
        let attribute = message.attribute("encoding").unwrap_or("text");
        let (name, part) = attribute.split_once(";part=").unwrap_or((attribute, "1/1"));
        let (index, count) = part.split_once('/').unwrap();
        assert_eq!(count.parse::<usize>().unwrap(), messages.len(), "every part is parked");
        assert!(
            parts.insert(index.parse::<usize>().unwrap(), message.body.as_str()).is_none(),
            "a part is parked twice"
        );
        name.clone_into(&mut encoding);
    }
    assert_eq!(parts.keys().copied().collect::<Vec<_>>(), (1..=messages.len()).collect::<Vec<_>>());
    let text: String = parts.into_values().collect();
    let raw = decode(&encoding, &text);
    (encoding, raw)
}

/// Decodes a body by its encoding without the part.
pub(crate) fn decode(encoding: &str, text: &str) -> Vec<u8> {
    let base64 = || STANDARD.decode(if text == "====" { "" } else { text }).unwrap();
    match encoding {
        "text" => text.as_bytes().to_vec(),
        "base64" => base64(),
        "gzip+base64" => {
            let mut raw = Vec::new();
            GzDecoder::new(base64().as_slice()).read_to_end(&mut raw).unwrap();
            raw
        }
        other => panic!("{other}"),
    }
}
