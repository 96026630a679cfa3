//! A raw JSON sample for every event type (feature `samples`), for tests of your consumers.
//!
//! Each sample is one event as in the body of an SQS message. Events of Verify V1 are flat, all others have an
//! envelope. A sample of Session is one element of a batch.
//!
//! ```
//! use prelude_events::{EventType, Received, samples::sample};
//!
//! let json = sample(&EventType::UserDeleted).expect("every known type has one");
//! assert_eq!(Received::parse(json)?.envelope.event_type, EventType::UserDeleted);
//! # Ok::<(), prelude_events::ParseError>(())
//! ```

use crate::{EventType, event_type::event_types};

/// The raw JSON of the sample for `event_type`; `None` for an unknown type.
pub fn sample(event_type: &EventType) -> Option<&'static str> {
    ALL.iter().find(|sample| sample.event_type == *event_type).map(|sample| sample.json)
}

/// A raw event.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sample {
    /// The type in the member `type`.
    pub event_type: EventType,
    /// The JSON.
    pub json: &'static str,
    /// True for an example from Prelude's documentation, verbatim. Other samples are built from the documented
    /// members, and may differ from what Prelude sends. `samples/README.md` names the pages.
    pub documented: bool,
}

macro_rules! define_samples {
    ($(
        $variant:ident => $source:ident, $wire:literal, $slug:literal,
        $payload:ty, $provenance:ident $page:literal, $meaning:literal;
    )+) => {
        /// The samples, in the order of [`EventType::ALL`].
        pub const ALL: &[Sample] = &[
            $(
                Sample {
                    event_type: EventType::$variant,
                    json: include_str!(concat!("../samples/", $wire, ".json")),
                    documented: is_documented!($provenance),
                },
            )+
        ];

        const PAGES: &[(EventType, &str)] = &[$( (EventType::$variant, $page), )+];
    };
}

macro_rules! is_documented {
    (documented) => {
        true
    };
    (built) => {
        false
    };
}

event_types! { define_samples }

/// The page that documents a type, below `https://docs.prelude.so/`; `None` for an unknown type.
///
/// For the project's own tables. It is not part of the public interface.
#[doc(hidden)]
pub fn page(event_type: &EventType) -> Option<&'static str> {
    PAGES.iter().find(|(documented, _)| documented == event_type).map(|(_, page)| *page)
}
