//! Floor of the benchmark: parses, groups by type, and sends each message with the receiver's eight attributes. Only the
//! receiver's checks are missing.

use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    prelude_floors::run(|delivery, event| {
        vec![
            ("event_type", event.kind.to_string()),
            ("event_id", event.id.to_string()),
            ("source", delivery.source.to_owned()),
            ("app_id", delivery.app_id.to_owned()),
            ("authentication", "signature".to_owned()),
            ("key_id", "EjWvnJQ3rW6fV8Ct9oQzXh5Ew6bYp0dK1sLmNaUuT2c".to_owned()),
            ("request_id", delivery.request_id.to_owned()),
            ("received_at", delivery.received_at.to_owned()),
        ]
    })
    .await
}
