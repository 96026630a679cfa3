//! Writes `.env` files that cargo-lambda and `prelude` can read.

use std::fmt::Display;

/// Text of a `.env` file with these variables.
pub fn env_file(variables: impl IntoIterator<Item = (impl Display, impl AsRef<str>)>) -> String {
    variables.into_iter().map(|(name, value)| format!("{name}={}\n", quoted(value.as_ref()))).collect()
}

/// Quotes a value. Readers expand nothing between single quotes, but cannot find a single quote or a line end there.
fn quoted(value: &str) -> String {
    if !value.contains('\'') && !value.contains('\n') {
        return format!("'{value}'");
    }
    let mut escaped = String::with_capacity(value.len() + 2);
    for character in value.chars() {
        match character {
            '\n' => escaped.push_str("\\n"),
            '"' | '\\' | '$' => escaped.extend(['\\', character]),
            other => escaped.push(other),
        }
    }
    format!("\"{escaped}\"")
}
