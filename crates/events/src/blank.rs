use crate::raw_json::is_blank;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use serde_json::value::RawValue;

/// Reads an optional member for which missing, `null` and `""` mean the same.
///
/// The error says nothing about the value: serde_json's own would quote it.
pub(crate) fn blank_as_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    if is_blank(raw.get()) {
        return Ok(None);
    }
    serde_json::from_str(raw.get()).map(Some).map_err(|_| de::Error::custom("member of an unexpected form"))
}
