//! What a consumer of the parking queue does.

use std::{collections::BTreeMap, io::Read};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use prelude_cli::local::sqs::ReceivedMessage;

/// What a consumer gets of an event's parking messages: the encoding without the part, and the bytes.
pub(crate) fn recover(messages: &[ReceivedMessage]) -> (String, Vec<u8>) {
    let mut parts = BTreeMap::new();
    let mut encoding = String::new();
    for message in messages {
        let told = message.attribute("encoding").unwrap_or("text");
        let (name, part) = told.split_once(";part=").unwrap_or((told, "1/1"));
        let (index, count) = part.split_once('/').unwrap();
        assert_eq!(count.parse::<usize>().unwrap(), messages.len(), "all parts are there");
        assert!(parts.insert(index.parse::<usize>().unwrap(), message.body.as_str()).is_none(), "each once");
        name.clone_into(&mut encoding);
    }
    assert_eq!(parts.keys().copied().collect::<Vec<_>>(), (1..=messages.len()).collect::<Vec<_>>());
    let text: String = parts.into_values().collect();
    let decode = |text: &str| STANDARD.decode(if text == "====" { "" } else { text }).unwrap();
    let raw = match encoding.as_str() {
        "text" => text.into_bytes(),
        "base64" => decode(&text),
        "gzip+base64" => {
            let mut raw = Vec::new();
            GzDecoder::new(decode(&text).as_slice()).read_to_end(&mut raw).unwrap();
            raw
        }
        other => panic!("{other}"),
    };
    (encoding, raw)
}
