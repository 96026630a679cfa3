//! Reasons for parking: why an authentic event goes to the parking queue instead of its type's queue.

/// Reason why an event is parked; the message attribute `reason`.
///
/// Reading the event gives one of the first four, in their order. Packing gives `Oversize`, and a queue's refusal one of the
/// next three. `BatchTooLarge` belongs to a batch as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is not JSON.
    InvalidJson,
    /// The JSON has no usable type.
    InvalidEvent,
    /// The type is not in the table, or belongs to another source than the proven one.
    UnknownType,
    /// The event is too large for one SQS message.
    Oversize,
    /// SQS refused the event's content.
    RejectedBySqs,
    /// The event's queue does not exist.
    QueueMissing,
    /// The function may not use the event's queue, or the queue's KMS key.
    QueueDenied,
    /// The batch holds too many events to send one by one. The message is a slice of its array.
    BatchTooLarge,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NotUtf8,
        Self::InvalidJson,
        Self::InvalidEvent,
        Self::UnknownType,
        Self::Oversize,
        Self::RejectedBySqs,
        Self::QueueMissing,
        Self::QueueDenied,
        Self::BatchTooLarge,
    ];

    /// The attribute's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::InvalidJson => "invalid_json",
            Self::InvalidEvent => "invalid_event",
            Self::UnknownType => "unknown_type",
            Self::Oversize => "oversize",
            Self::RejectedBySqs => "rejected_by_sqs",
            Self::QueueMissing => "queue_missing",
            Self::QueueDenied => "queue_denied",
            Self::BatchTooLarge => "batch_too_large",
        }
    }

    /// The reason in words, for people who need not know its name.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::NotUtf8 => "the body is not UTF-8",
            Self::InvalidJson => "the body is not JSON",
            Self::InvalidEvent => "the JSON has no usable type",
            Self::UnknownType => "the type is unknown, or belongs to another source",
            Self::Oversize => "the event is too large for one SQS message",
            Self::RejectedBySqs => "SQS refused the event's content",
            Self::QueueMissing => "the event's queue does not exist",
            Self::QueueDenied => "the event's queue denies access",
            Self::BatchTooLarge => "the batch was too large or too slow to send event by event",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}
