//! Reads the body of one message.

use prelude_events::{Event, ParseError, Received};

fn main() -> Result<(), ParseError> {
    let message_body = r#"{"type": "verify.delivery_status", "payload": {"status": "delivered"}}"#;

    let received = Received::parse(message_body)?;
    match received.event {
        Event::VerifyDeliveryStatus(report) => println!("{:?}", report.status),
        Event::Unknown { event_type, .. } => println!("ignoring {event_type}"),
        _ => {}
    }
    Ok(())
}
