use serde::{Deserialize, Serialize};
use std::{error::Error, fmt, str::FromStr};

/// The Prelude product that sends an event. Each source has its own message shape and its own proof of origin.
///
/// Exhaustive on purpose: the compiler then reports a new source wherever code decides which proof to require.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `verify_v1`: the deprecated Verify V1 ("Ding") API, flat events, never signed.
    VerifyV1,
    /// `verify`: Verify V2, signed with the account's key.
    Verify,
    /// `notify`: messages, subscriptions and inbound messages, signed with the account's key.
    Notify,
    /// `session`: Session (now "Auth"), sent in batches, signed with the app's key.
    Session,
}

impl Source {
    /// Every source.
    pub const ALL: &'static [Self] = &[Self::VerifyV1, Self::Verify, Self::Notify, Self::Session];

    /// The name used in message attributes and settings, e.g. `verify_v1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyV1 => "verify_v1",
            Self::Verify => "verify",
            Self::Notify => "notify",
            Self::Session => "session",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(name: &str) -> Result<Self, UnknownSource> {
        Self::ALL.iter().copied().find(|source| source.as_str() == name).ok_or(UnknownSource)
    }
}

/// Error for a text that does not name a [`Source`]. The message lists the known sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownSource;

impl fmt::Display for UnknownSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown source: expected one of ")?;
        for (position, source) in Source::ALL.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}{source}")?;
        }
        Ok(())
    }
}

impl Error for UnknownSource {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_both_directions() {
        for source in Source::ALL {
            assert_eq!(source.as_str().parse(), Ok(*source));
            assert_eq!(serde_json::to_string(source).unwrap(), format!("\"{source}\""));
        }
    }

    #[test]
    fn the_error_for_an_unknown_name_lists_the_known_ones() {
        let error = "sessions".parse::<Source>().unwrap_err();
        assert_eq!(error.to_string(), "unknown source: expected one of verify_v1, verify, notify, session");
    }
}
