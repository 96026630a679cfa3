//! The environment.

/// Names that the function works with.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// Begins each id in the idempotency table.
    pub consumer_name: String,
    pub idempotency_table: String,
    pub data_table: String,
}

impl Settings {
    /// Reports every missing variable at once.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut missing = Vec::new();
        let mut read = |name| {
            let value = variable(name).unwrap_or_default().trim().to_owned();
            if value.is_empty() {
                missing.push(name);
            }
            value
        };
        let settings = Self {
            consumer_name: read("CONSUMER_NAME"),
            idempotency_table: read("IDEMPOTENCY_TABLE"),
            data_table: read("DATA_TABLE"),
        };
        if !missing.is_empty() {
            return Err(format!("environment variables are missing: expected {}", missing.join(", ")));
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_reported() {
        let variable = |name: &str| match name {
            "IDEMPOTENCY_TABLE" => Some("claims".to_owned()),
            "DATA_TABLE" => Some(" ".to_owned()),
            _ => None,
        };
        let error = Settings::read(variable).unwrap_err();
        assert_eq!(error, "environment variables are missing: expected CONSUMER_NAME, DATA_TABLE");
        assert_eq!(Settings::read(|name| Some(name.to_owned())).unwrap().data_table, "DATA_TABLE");
    }
}
