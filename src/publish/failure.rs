//! SQS's error codes, told apart by what can be done about them. `SenderFault` is not looked at: throttling is said
//! to be the sender's fault too.

/// What can be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The content or the size of a message: it is parked.
    Content,
    /// The queue does not exist: its events are parked.
    QueueMissing,
    /// The queue or its KMS key may not be used: its events are parked.
    QueueDenied,
    /// Another try can help.
    Retryable,
    /// A code that is in no list: tried three times, and then parked.
    Unknown,
}

/// How SQS failed a call as a whole, or one of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqsFailure {
    /// What can be done about it.
    pub failure: Failure,
    /// SQS's code, or where the call broke. Never SQS's message, which can quote content.
    pub code: Box<str>,
    /// SQS answered: the time of the call says how fast it is.
    pub is_answer: bool,
}

impl SqsFailure {
    /// A call that SQS answered with an error.
    #[must_use]
    pub fn answered(code: &str, status: u16) -> Self {
        let failure = match Failure::of_code(code) {
            // Whatever it is called: the service's side failed.
            Failure::Unknown if status >= 500 || status == 429 || status < 300 => Failure::Retryable,
            failure => failure,
        };
        Self { failure, code: code.into(), is_answer: true }
    }

    /// An entry that SQS refused in an answer of 200.
    #[must_use]
    pub fn of_entry(code: &str) -> Self {
        Self { failure: Failure::of_code(code), code: code.into(), is_answer: true }
    }

    /// A call without a usable answer.
    #[must_use]
    pub fn unanswered(what: &str) -> Self {
        Self { failure: Failure::Retryable, code: what.into(), is_answer: false }
    }

    /// A call that took too long.
    #[must_use]
    pub fn timeout() -> Self {
        Self::unanswered("timeout")
    }
}

impl Failure {
    /// Tells a code's kind, in any of its spellings: bare, with a namespace (`com.amazonaws.sqs#…`) or a query
    /// protocol's prefix (`AWS.SimpleQueueService.…`).
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        let code = code.rsplit('#').next().unwrap_or(code);
        let code = code.split(':').next().unwrap_or(code);
        // `KmsDisabled` in the answer's body, `KMS.DisabledException` in its `x-amzn-query-error` header, which wins.
        if let Some(kms) = code.strip_prefix("KMS.").or_else(|| code.strip_prefix("Kms")) {
            return if kms.starts_with("Throttl") { Self::Retryable } else { Self::QueueDenied };
        }
        let code = code.rsplit('.').next().unwrap_or(code);
        match code {
            "InvalidMessageContents"
            | "InvalidParameterValue"
            | "InvalidParameterValueException"
            | "InvalidParameterCombination"
            | "InvalidAttributeName"
            | "InvalidAttributeValue"
            | "MissingParameter"
            | "MessageTooLong"
            | "BatchRequestTooLong"
            | "BatchEntryIdsNotDistinct"
            | "InvalidBatchEntryId"
            | "EmptyBatchRequest"
            | "TooManyEntriesInBatchRequest"
            | "UnsupportedOperation"
            | "ValidationError"
            | "ValidationException"
            | "SerializationException"
            | "RequestEntityTooLarge"
            | "RequestEntityTooLargeException" => Self::Content,
            "QueueDoesNotExist" | "NonExistentQueue" | "QueueDeletedRecently" | "InvalidAddress" => {
                Self::QueueMissing
            }
            "AccessDenied" | "AccessDeniedException" | "InvalidSecurity" => Self::QueueDenied,
            "TooManyRequestsException"
            | "OverLimit"
            | "InternalError"
            | "InternalFailure"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "RequestTimeout"
            | "RequestTimeoutException"
            | "RequestLimitExceeded"
            | "LimitExceededException"
            | "SlowDown"
            // Credentials and clocks: a later call has fresh ones.
            | "RequestExpired"
            | "RequestTimeTooSkewed"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException" => Self::Retryable,
            _ if code.starts_with("ExpiredToken") || code.contains("Throttl") => Self::Retryable,
            _ => Self::Unknown,
        }
    }

    /// The kind's stable name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::QueueMissing => "queue_missing",
            Self::QueueDenied => "queue_denied",
            Self::Retryable => "retryable",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_in_every_spelling() {
        for code in [
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
            "com.amazonaws.sqs#QueueDoesNotExist",
            "com.amazonaws.sqs#QueueDoesNotExist:http://internal.amazon.com/coral/",
        ] {
            assert_eq!(Failure::of_code(code), Failure::QueueMissing, "{code}");
        }
        for code in [
            "KmsDisabled",
            "KMS.DisabledException",
            "com.amazonaws.sqs#KmsNotFound",
            "KMS.OptInRequired",
            "KMS.AccessDeniedException",
        ] {
            assert_eq!(Failure::of_code(code), Failure::QueueDenied, "{code}");
        }
        for code in ["KmsThrottled", "KMS.ThrottlingException"] {
            assert_eq!(Failure::of_code(code), Failure::Retryable, "{code}");
        }
        assert_eq!(Failure::of_code("AWS.SimpleQueueService.BatchRequestTooLong"), Failure::Content);
        assert_eq!(Failure::of_code("AccessDenied"), Failure::QueueDenied);
        assert_eq!(Failure::of_code("RequestThrottled"), Failure::Retryable);
        assert_eq!(Failure::of_code(""), Failure::Unknown);
    }

    #[test]
    fn an_unknown_code_follows_the_status() {
        for (status, failure) in [
            (200, Failure::Retryable),
            (299, Failure::Retryable),
            (300, Failure::Unknown),
            (400, Failure::Unknown),
            (403, Failure::Unknown),
            (429, Failure::Retryable),
            (499, Failure::Unknown),
            (500, Failure::Retryable),
            (503, Failure::Retryable),
        ] {
            assert_eq!(SqsFailure::answered("NeverHeardOf", status).failure, failure, "{status}");
        }
        assert_eq!(SqsFailure::answered("InvalidMessageContents", 500).failure, Failure::Content);
    }
}
