//! Writes `.env` files, as cargo-lambda and the tool read them.

use std::fmt::Display;

/// These variables as the lines of a `.env` file.
pub fn env_file(variables: impl IntoIterator<Item = (impl Display, impl AsRef<str>)>) -> String {
    variables.into_iter().map(|(name, value)| format!("{name}={}\n", quoted(value.as_ref()))).collect()
}

/// For dotenv files: nothing is replaced between single quotes, but there can be none in them.
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
