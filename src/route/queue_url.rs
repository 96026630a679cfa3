//! URL of a queue.

use std::{fmt, sync::Arc};

/// URL of a queue, whose end is the queue's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueUrl(Arc<str>);

impl QueueUrl {
    /// The whole URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The queue's name. Logs show it instead of the URL, which holds the account.
    #[must_use]
    pub fn name(&self) -> &str {
        Self::name_in(&self.0)
    }

    /// The queue's name in a URL that is borrowed text.
    #[must_use]
    pub fn name_in(url: &str) -> &str {
        url.rsplit('/').next().unwrap_or(url)
    }
}

impl From<&str> for QueueUrl {
    fn from(url: &str) -> Self {
        Self(url.into())
    }
}

impl From<String> for QueueUrl {
    fn from(url: String) -> Self {
        Self(url.into())
    }
}

impl fmt::Display for QueueUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
