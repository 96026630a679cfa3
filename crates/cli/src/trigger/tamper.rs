//! What an attacker, or a proxy that means well, does to a signed request.

/// What is done to a request after it was signed, or in signing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Tamper {
    /// Nothing: 200 is right.
    #[default]
    None,
    /// Another body than the one that was signed: 401 is right.
    Body,
    /// Another character in the signature: 401 is right.
    Signature,
    /// A key that nobody trusts: 401 is right.
    Key,
    /// The longest salt, which is unusual and genuine: 200 is right.
    Salt,
}

/// The same but for one character in the middle.
pub(super) fn flipped(header: &str) -> String {
    let middle = header.len() / 2;
    let flip = |character| if character == 'A' { 'B' } else { 'A' };
    let character = |(index, character)| if index == middle { flip(character) } else { character };
    header.chars().enumerate().map(character).collect()
}

/// A member more, where it is an object; else a byte more.
pub(super) fn altered(body: &[u8]) -> Vec<u8> {
    match body.trim_ascii_start().strip_prefix(b"{") {
        Some(rest) if rest.trim_ascii_start() != b"}" => [br#"{"tampered":true,"#, rest].concat(),
        _ => [body, b" "].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_altered_body_stays_what_it_was() {
        assert_eq!(altered(br#" {"a":1}"#), br#"{"tampered":true,"a":1}"#);
        assert_eq!(altered(b"{}"), b"{} ");
        assert_eq!(altered(b"x"), b"x ");
        assert_ne!(flipped("abcd"), "abcd");
    }
}
