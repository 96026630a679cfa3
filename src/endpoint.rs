//! The second check: the path, and its secret token where one is configured.

use crate::{rejection::Rejection, secret::Secret};

/// The endpoint: `…/webhooks`, or `…/webhooks/<token>` when tokens are configured. A stage or base path may precede it.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// Accepted tokens, more than one during a rotation. Without any, the path has no token.
    pub tokens: Vec<Secret>,
}

/// Authentication of the caller by the endpoint's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathProof {
    /// No authentication, because no token is configured.
    Public,
    /// The caller knows a token of fewer than [`SECRET_LENGTH`] characters, which can be guessed.
    Short,
    /// The caller knows a token that cannot be guessed.
    Secret,
}

impl Endpoint {
    /// Checks the event's own path, by its last segments.
    ///
    /// # Errors
    /// The path is another one, or its token is not configured.
    pub fn check(&self, path: &str) -> Result<PathProof, Rejection> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let (rest, last) = path.rsplit_once('/').unwrap_or(("", path));
        if self.tokens.is_empty() {
            return if last == NAME { Ok(PathProof::Public) } else { Err(Rejection::PathUnknown) };
        }
        // The token is compared before the rest of the path, so that timing reveals nothing about either.
        let token_fits = Secret::any_matches(&self.tokens, last);
        match rest.rsplit('/').next() {
            // The presented token is measured, because the configured digest of a token hides its length.
            Some(NAME) if token_fits && last.chars().count() < SECRET_LENGTH => Ok(PathProof::Short),
            Some(NAME) if token_fits => Ok(PathProof::Secret),
            Some(NAME) => Err(Rejection::PathTokenWrong),
            _ => Err(Rejection::PathUnknown),
        }
    }
}

/// Number of characters that a path token needs to authenticate an unsigned request.
pub const SECRET_LENGTH: usize = 32;
const NAME: &str = "webhooks";

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::secret::hex;

    #[test]
    fn the_last_segment_decides_without_tokens() {
        let endpoint = Endpoint::default();
        for path in ["/webhooks", "/webhooks/", "/prod/webhooks", "/a/b/webhooks/", "webhooks", "//webhooks"]
        {
            assert_eq!(endpoint.check(path), Ok(PathProof::Public), "{path}");
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
            assert_eq!(endpoint.check(path), Ok(PathProof::Short), "{path}");
        }
        for path in ["/webhooks/other", "/prod/webhooks/Old"] {
            assert_eq!(endpoint.check(path), Err(Rejection::PathTokenWrong), "{path}");
        }
        for path in ["/webhooks", "/new", "new", "/webhooks/new//", "/hooks/new", "/webhooks/new/x", ""] {
            assert!(endpoint.check(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_token_is_secret_from_32_characters_as_it_is_presented() {
        for (token, proof) in [
            ("x".repeat(31), PathProof::Short),
            ("x".repeat(32), PathProof::Secret),
            ("é".repeat(31), PathProof::Short),
        ] {
            let digest = format!("sha256:{}", hex(&Sha256::digest(&token)));
            for configured in [&token, &digest] {
                let endpoint = Endpoint { tokens: vec![Secret::parse(configured).unwrap()] };
                assert_eq!(endpoint.check(&format!("/webhooks/{token}/")), Ok(proof), "{configured}");
            }
        }
    }
}
