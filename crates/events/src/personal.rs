use serde::{Deserialize, Serialize};
use std::fmt;

/// A value about a person: a phone number, an e-mail address, a name, the text of a message.
///
/// `Personal` has no `Display`, and its `Debug` hides the value, so that a logged event holds no personal data. Read
/// the value with [`expose`](Self::expose), which is easy to find in a review. JSON holds the plain value.
///
/// ```
/// use prelude_events::Personal;
///
/// let number = Personal::from("+33639980001".to_owned());
/// assert_eq!(format!("{number:?}"), "<redacted>");
/// assert_eq!(number.expose(), "+33639980001");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// The value itself.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, owned.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}
