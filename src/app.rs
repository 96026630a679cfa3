//! A Session app: its id, its verification token, and the source of its keys.

use std::sync::Arc;

use crate::{authenticate::public_key::PublicKey, secret::Secret};

/// One Session app.
#[derive(Debug, Clone)]
pub struct App {
    /// Prelude's id of the app.
    pub app_id: Arc<str>,
    /// Token that the app's activation challenge must carry.
    pub verification_token: Secret,
    /// Source of the app's public keys.
    pub keys: AppKeySource,
}

/// Source of an app's public keys.
#[derive(Debug, Clone)]
pub enum AppKeySource {
    /// The configuration. Nothing is fetched.
    Pinned(Arc<[PublicKey]>),
    /// The app's JWK Set, by its URL.
    Url(String),
}
