//! Changes that an attacker or a proxy makes to a signed request.

use serde::{Deserialize, Serialize};

/// Change to a request, in signing it or afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tamper {
    /// No change: expects 200.
    #[default]
    None,
    /// Another body than the signed one: expects 401.
    Body,
    /// Another character in the signature: expects 401.
    Signature,
    /// A key that nobody trusts: expects 401.
    Key,
    /// The longest salt, which is unusual but genuine: expects 200.
    Salt,
    /// No signature: expects 401, but 200 for Verify V1, which never has one.
    #[value(skip)]
    Unsigned,
    /// An address that is not on the allow-list: expects 403.
    #[value(skip)]
    Address,
}

impl Tamper {
    /// Every change.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Body, Self::Signature, Self::Key, Self::Unsigned, Self::Address, Self::Salt];

    /// Expected status.
    pub const fn expected(self, never_signed: bool) -> u16 {
        match self {
            Self::None | Self::Salt => 200,
            Self::Unsigned if never_signed => 200,
            Self::Body | Self::Signature | Self::Key | Self::Unsigned => 401,
            Self::Address => 403,
        }
    }
}

/// Replaces the character with this index.
pub fn flipped(text: &str, index: usize) -> String {
    let flip = |character| if character == 'A' { 'B' } else { 'A' };
    let character = |(at, character)| if at == index { flip(character) } else { character };
    text.chars().enumerate().map(character).collect()
}

/// Adds a member to an object that has members, and a byte to any other body.
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
    fn an_altered_object_stays_an_object() {
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
    fn all_lists_every_change() {
        use clap::ValueEnum as _;
        let offered = Tamper::value_variants().len() + [Tamper::Unsigned, Tamper::Address].len();
        assert_eq!(Tamper::ALL.len(), offered);
    }
}
