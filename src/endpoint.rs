//! The second check: is this the path, with its secret token where one is configured?

use crate::{rejection::Rejection, secret::Secret};

/// `…/webhooks`, or `…/webhooks/<token>` when tokens are configured. A stage or base path may precede.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// Every token that is accepted now (more than one while they are rotated); empty: none is wanted.
    pub tokens: Vec<Secret>,
}

impl Endpoint {
    /// Checks the event's own path, by its last segments.
    ///
    /// # Errors
    /// Another path, or a token that is none of the configured ones.
    pub fn check(&self, path: &str) -> Result<(), Rejection> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let (rest, last) = path.rsplit_once('/').unwrap_or(("", path));
        if self.tokens.is_empty() {
            return if last == NAME { Ok(()) } else { Err(Rejection::PathUnknown) };
        }
        // Compared before the rest of the path is looked at, so that time tells nothing about either.
        let token_fits = Secret::any_matches(&self.tokens, last);
        match rest.rsplit('/').next() {
            Some(NAME) if token_fits => Ok(()),
            Some(NAME) => Err(Rejection::PathTokenWrong),
            _ => Err(Rejection::PathUnknown),
        }
    }
}

const NAME: &str = "webhooks";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segment_decides_without_tokens() {
        let endpoint = Endpoint::default();
        for path in ["/webhooks", "/webhooks/", "/prod/webhooks", "/a/b/webhooks/", "webhooks", "//webhooks"]
        {
            assert_eq!(endpoint.check(path), Ok(()), "{path}");
        }
        for path in
            ["", "/", "/webhook", "/webhooks//", "/webhooks/x", "/WEBHOOKS", "/xwebhooks", "/webhooks%2F"]
        {
            assert_eq!(endpoint.check(path), Err(Rejection::PathUnknown), "{path}");
        }
    }

    #[test]
    fn the_last_two_segments_decide_with_tokens() {
        let endpoint =
            Endpoint { tokens: vec![Secret::parse("old").unwrap(), Secret::parse("new").unwrap()] };
        for path in ["/webhooks/old", "/webhooks/new/", "/prod/webhooks/new"] {
            assert_eq!(endpoint.check(path), Ok(()), "{path}");
        }
        for path in ["/webhooks/other", "/prod/webhooks/Old"] {
            assert_eq!(endpoint.check(path), Err(Rejection::PathTokenWrong), "{path}");
        }
        for path in ["/webhooks", "/new", "new", "/webhooks/new//", "/hooks/new", "/webhooks/new/x", ""] {
            assert!(endpoint.check(path).is_err(), "{path}");
        }
    }
}
