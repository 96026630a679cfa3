//! Keys of `tests/keys`.

use std::path::PathBuf;

use prelude_local::prelude::PreludeKey;
use prelude_webhooks::authenticate::public_key::PublicKey;

/// Text of a key file, such as `account-2048.pub.pem`.
pub(crate) fn pem(file: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/keys", file].iter().collect();
    std::fs::read_to_string(path).unwrap()
}

/// Public key of this name.
pub(crate) fn public_key(name: &str) -> PublicKey {
    PublicKey::all_from_pem(&pem(&format!("{name}.pub.pem"))).unwrap().pop().unwrap()
}

/// Private key of this name, with this `kid` in a key set. Signs as Prelude does.
pub(crate) fn private_key(name: &str, kid: &str) -> PreludeKey {
    PreludeKey::from_pem(kid, &pem(&format!("{name}.pem"))).unwrap()
}
