//! Members of every event that describe API Gateway and the moment of the request.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::aws::sqs;

pub(super) const ACCOUNT_ID: &str = sqs::ACCOUNT_ID;
pub(super) const API_ID: &str = "a1b2c3d4e5";
pub(super) const DOMAIN_NAME: &str = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";
/// Stage of the REST API; HTTP APIs have the stage `$default`.
pub(super) const STAGE: &str = "prod";

/// Members that differ from request to request.
///
/// The receiver reads none of the times. They help people to compare a local event with one from AWS.
pub(super) struct Context {
    pub(super) request_id: String,
    pub(super) trace_id: String,
    /// Time in the form of access logs: `12/Mar/2020:19:03:58 +0000`.
    pub(super) time: String,
    /// Milliseconds since 1970.
    pub(super) time_epoch: i64,
}

impl Context {
    pub(super) fn now() -> Self {
        let now = DateTime::<Utc>::from(SystemTime::now());
        Self {
            request_id: Uuid::new_v4().to_string(),
            trace_id: format!("Root=1-{:08x}-{:024x}", now.timestamp(), Uuid::new_v4().as_u128() >> 32),
            time: now.format("%d/%b/%Y:%H:%M:%S %z").to_string(),
            time_epoch: now.timestamp_millis(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_times_have_their_form() {
        let context = Context::now();
        assert_eq!(context.request_id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        let parts: Vec<_> =
            context.trace_id.strip_prefix("Root=").unwrap().split('-').map(str::len).collect();
        assert_eq!(parts, [1, 8, 24]);
        let time = DateTime::parse_from_str(&context.time, "%d/%b/%Y:%H:%M:%S %z").unwrap();
        assert_eq!(time.timestamp(), context.time_epoch / 1_000);
        assert_eq!(context.time.len(), "12/Mar/2020:19:03:58 +0000".len());
    }
}
