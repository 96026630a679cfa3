//! Random text for tokens and nonces.

/// 128 random bits in hexadecimal.
pub(crate) fn random_token() -> Result<String, getrandom::Error> {
    Ok(format!("{:016x}{:016x}", getrandom::u64()?, getrandom::u64()?))
}
