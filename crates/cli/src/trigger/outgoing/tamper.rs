//! What an attacker, or a proxy that means well, does to a signed request.

use serde::{Deserialize, Serialize};

/// What is done to a request after it was signed, or in signing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// No signature: 401 is right, but 200 for Verify V1, which never has one.
    #[value(skip)]
    Unsigned,
    /// It comes from an address on no allow-list: 403 is right.
    #[value(skip)]
    Address,
}

impl Tamper {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Body, Self::Signature, Self::Key, Self::Unsigned, Self::Address, Self::Salt];

    /// The status that is right.
    pub const fn expected(self, never_signed: bool) -> u16 {
        match self {
            Self::None | Self::Salt => 200,
            Self::Unsigned if never_signed => 200,
            Self::Body | Self::Signature | Self::Key | Self::Unsigned => 401,
            Self::Address => 403,
        }
    }
}

/// The same but for one character.
pub fn flipped(text: &str, index: usize) -> String {
    let flip = |character| if character == 'A' { 'B' } else { 'A' };
    let character = |(at, character)| if at == index { flip(character) } else { character };
    text.chars().enumerate().map(character).collect()
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
    }

    #[test]
    fn one_character_differs() {
        assert_eq!(flipped("abAd", 1), "aAAd");
        assert_eq!(flipped("abAd", 2), "abBd");
    }

    #[test]
    fn all_are_told() {
        use clap::ValueEnum as _;
        let offered = Tamper::value_variants().len() + [Tamper::Unsigned, Tamper::Address].len();
        assert_eq!(Tamper::ALL.len(), offered);
    }
}
