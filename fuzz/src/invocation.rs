//! Any invocation, through the whole receiver with doubles for SQS and the key servers:
//!
//! * The answer is a row of the status table with its exact body, or reports an event of another origin.
//! * Messages are sent only for a 200, unless SQS fails.
//! * A configured key's signature, or the three conditions of an unsigned event, authenticate every event in a queue.
//! * Every byte of an accepted body can be recovered from the messages.
//! * A request with known parts gets the status that the contract requires.

mod answer;
mod authentication;
mod destination;
mod recovery;
mod request;
mod rig;
mod sqs;
mod status;

use self::{request::Case, rig::Rig};

/// Checks an API Gateway event, or a request as [`request`] describes it.
pub fn check(input: &[u8]) {
    let _status = status(input);
}

/// Checks the input. Returns the status: 0 for an event of another origin, `None` for text that is not JSON.
#[must_use]
pub fn status(input: &[u8]) -> Option<i64> {
    let case = Case::read(input);
    thread_local! {
        static RIGS: [Rig; 3] = rig::all();
    }
    RIGS.with(|rigs| {
        let rig = &rigs[case.rig % rigs.len()];
        let (answer, sent) = rig.invoke(&case)?;
        let answer = answer::read(answer, rig, &case);
        assert!(
            answer.status == 200 || sent.is_empty() || !case.script.is_empty(),
            "a refused request sent a message"
        );
        authentication::check(&case, rig, &sent);
        recovery::check(&case, &answer, &sent);
        status::check(&case, rig, &answer);
        Some(answer.status)
    })
}
