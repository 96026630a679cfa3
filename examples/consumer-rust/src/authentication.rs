//! How the receiver authenticated an event: the attribute `authentication`.

use prelude_consumer::{Record, RecordError};

/// Anyone who learns the secret path can make Prelude send unsigned events of their own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    Signature,
    SecretPath,
}

impl Authentication {
    /// Any other value is from a newer receiver or from another sender.
    pub fn of(record: &Record) -> Result<Self, RecordError> {
        match record.attribute("authentication") {
            Some("signature") => Ok(Self::Signature),
            Some("secret_path") => Ok(Self::SecretPath),
            _ => Err(RecordError::new(
                "attribute authentication is missing or unknown: expected signature or secret_path",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_known_values_are_accepted() {
        for (value, expected) in [
            (Some("signature"), Some(Authentication::Signature)),
            (Some("secret_path"), Some(Authentication::SecretPath)),
            (Some("Signature"), None),
            (Some(""), None),
            (None, None),
        ] {
            let mut record = Record::new("m", "{}");
            record.attributes.extend(value.map(|value| ("authentication".to_owned(), value.to_owned())));
            assert_eq!(Authentication::of(&record).ok(), expected, "{value:?}");
        }
    }
}
