//! SQS's limits on texts, attributes, messages, calls and names
//! (`docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html`).

/// Largest message, and largest sum of a call's messages, in bytes of bodies and attributes.
pub(crate) const MAX_MESSAGE: usize = 1_048_576;
/// Most entries of one `SendMessageBatch`.
pub(crate) const MAX_ENTRIES: usize = 10;
/// Longest name of a queue, `.fifo` included.
pub(crate) const MAX_QUEUE_NAME: usize = 80;
/// Room for all ten attributes: names, types, and values of at most 256 characters of at most four bytes.
pub(crate) const ATTRIBUTES_RESERVE: usize = 16 * 1024;

/// Reports whether a text can be the value of a message attribute: 1 to 256 characters that SQS accepts.
///
/// The contract of the messages sets the 256; SQS itself bounds the message only.
pub(crate) fn is_attribute_value(text: &str) -> bool {
    const MAX_CHARACTERS: usize = 256;
    // A text has at most as many characters as bytes.
    let is_short = text.len() <= MAX_CHARACTERS || text.chars().nth(MAX_CHARACTERS).is_none();
    !text.is_empty() && is_short && is_sqs_text(text)
}

/// Reports whether SQS accepts the text: the characters of XML 1.0.
pub(crate) fn is_sqs_text(text: &str) -> bool {
    // Below U+0080 only controls are forbidden, and most texts are ASCII.
    if text.is_ascii() {
        return text.bytes().all(|byte| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r'));
    }
    text.chars().all(is_sqs_char)
}

const fn is_sqs_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_ascii_shortcut_agrees_with_the_table(text: String) {
            prop_assert_eq!(is_sqs_text(&text), text.chars().all(is_sqs_char));
        }
    }
}
