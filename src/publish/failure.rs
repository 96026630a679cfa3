//! SQS's error codes, classified by the reaction. `SenderFault` is ignored, because SQS also sets it for throttling.

/// Class of a failure, by the reaction to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// SQS refuses the content or size of a message, which is parked.
    Content,
    /// The queue does not exist. Its events are parked.
    QueueMissing,
    /// The queue or its KMS key may not be used. Its events are parked.
    QueueDenied,
    /// A retry may succeed.
    Retryable,
    /// The code is not listed. The message is sent three times, and then parked.
    Unknown,
}

/// Failure of a call, or of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqsFailure {
    /// Class of the failure.
    pub failure: Failure,
    /// SQS's code, or the place where the call broke. SQS's message is dropped, because it can quote content.
    pub code: Box<str>,
    /// SQS answered, so the call's duration measures its speed.
    pub is_answer: bool,
}

impl SqsFailure {
    /// A call that SQS answered with an error.
    #[must_use]
    pub fn answered(code: &str, status: u16) -> Self {
        let failure = match Failure::of_code(code) {
            // The service failed, for any code.
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
    /// Class of a code in any spelling: bare, with a namespace (`com.amazonaws.sqs#…`), or with the query protocol's prefix
    /// (`AWS.SimpleQueueService.…`).
    #[must_use]
    pub fn of_code(code: &str) -> Self {
        let code = code.rsplit('#').next().unwrap_or(code);
        let code = code.split(':').next().unwrap_or(code);
        // The body contains `KmsDisabled`. The header `x-amzn-query-error` contains `KMS.DisabledException`, and wins.
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
            // Credentials and clocks may be right in a later call.
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

    /// Stable name of the class in the log.
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
