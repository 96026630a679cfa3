//! Reasons for every answer other than 200, with their statuses and log codes.

use http::StatusCode;

/// Reason for an answer other than 200. The caller sees the status and a body without details; the log has
/// [`code`](Self::code).
///
/// Prelude retries after any other status than 200, for up to two weeks, so no rejection loses an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The caller's address is readable, but not on the allow-list.
    #[error("the caller's address is not on the allow-list")]
    AddressNotAllowed,
    /// The caller's address is missing, or `X-Forwarded-For` holds no readable address of a caller.
    #[error("the caller's address is unreadable")]
    AddressUnreadable,
    /// The last path segment is not `webhooks` (or not `webhooks/<token>`).
    #[error("the path is not the endpoint's")]
    PathUnknown,
    /// The path has the right shape, but its token is not configured.
    #[error("the path token is not one of the configured ones")]
    PathTokenWrong,
    /// The method is neither `GET` nor `POST`.
    #[error("the method is neither GET nor POST")]
    MethodNotAllowed,
    /// The `GET` request is not an activation challenge, or its challenge is not an integer.
    #[error("the GET request is not an activation challenge")]
    NotAChallenge,
    /// The challenge names an app that is not configured.
    #[error("the challenge names an app that is not configured")]
    ChallengeAppUnknown,
    /// The challenge has another verification token than the app's.
    #[error("the challenge's verification token is wrong")]
    ChallengeTokenWrong,
    /// API Gateway marked the body as base64, but it is not.
    #[error("the body is marked as base64, but is not")]
    BodyNotBase64,
    /// The request has no signature header, and its source is not accepted unsigned.
    #[error("the request carries no signature")]
    SignatureMissing,
    /// The request has no signature header, and unsigned requests are not accepted from this address.
    #[error("the unsigned request comes from an address that is not on the allow-list")]
    UnsignedFromUnlistedAddress,
    /// The request has no signature header, and its path token is too short to authenticate it.
    #[error("the unsigned request came through a path token of fewer than 32 characters")]
    UnsignedTokenShort,
    /// The request has no signature header, and its type does not belong to the accepted source.
    #[error("the unsigned event's type is not one of its source's")]
    UnsignedTypeUnknown,
    /// The signature header is empty, repeated, or not `<scheme>=<base64>`.
    #[error("the signature header is malformed")]
    SignatureMalformed,
    /// The scheme is not `rsassa-pss-sha256`. Prelude once documented `sha256`.
    #[error("the signature's scheme is unknown")]
    SignatureSchemeUnknown,
    /// No configured key verifies the signature.
    #[error("no configured key verifies the signature")]
    SignatureWrong,
    /// The signature is genuine, but its key does not authenticate the events' source.
    #[error("the key that verified does not prove the events' source")]
    KeyWrongForSource,
    /// The signature is genuine, but the batch names no app, or another app than the key's.
    #[error("the key that verified does not belong to the batch's app")]
    KeyWrongForApp,
    /// Only an app's key verifies the signature, and the body is the signed part of a user's access token.
    #[error("the body is the signed part of a token, which the app's key signs too")]
    NotADelivery,
    /// The app that the body claims has no key yet, because its key set could not be fetched.
    #[error("the app that the body claims has no key yet")]
    KeysUnavailable,
    /// SQS did not accept every event.
    #[error("SQS did not accept every event")]
    PublishFailed,
    /// The receiver has a defect. The log has its place.
    #[error("the receiver panicked")]
    Panicked,
    /// The time budget ended before every event was durable.
    #[error("out of time")]
    OutOfTime,
}

impl Rejection {
    /// Status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotAChallenge => StatusCode::BAD_REQUEST,
            Self::BodyNotBase64
            | Self::SignatureMissing
            | Self::UnsignedFromUnlistedAddress
            | Self::UnsignedTokenShort
            | Self::UnsignedTypeUnknown
            | Self::SignatureMalformed
            | Self::SignatureSchemeUnknown
            | Self::SignatureWrong
            | Self::KeyWrongForSource
            | Self::KeyWrongForApp
            | Self::NotADelivery => StatusCode::UNAUTHORIZED,
            Self::AddressNotAllowed
            | Self::AddressUnreadable
            | Self::ChallengeAppUnknown
            | Self::ChallengeTokenWrong => StatusCode::FORBIDDEN,
            Self::PathUnknown | Self::PathTokenWrong => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::KeysUnavailable | Self::PublishFailed | Self::Panicked | Self::OutOfTime => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Stable code in the log, on which alarms and runbooks rely.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AddressNotAllowed => "address_not_allowed",
            Self::AddressUnreadable => "address_unreadable",
            Self::PathUnknown => "path_unknown",
            Self::PathTokenWrong => "path_token_wrong",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotAChallenge => "not_a_challenge",
            Self::ChallengeAppUnknown => "challenge_app_unknown",
            Self::ChallengeTokenWrong => "challenge_token_wrong",
            Self::BodyNotBase64 => "body_not_base64",
            Self::SignatureMissing => "signature_missing",
            Self::UnsignedFromUnlistedAddress => "unsigned_from_unlisted_address",
            Self::UnsignedTokenShort => "unsigned_token_short",
            Self::UnsignedTypeUnknown => "unsigned_type_unknown",
            Self::SignatureMalformed => "signature_malformed",
            Self::SignatureSchemeUnknown => "signature_scheme_unknown",
            Self::SignatureWrong => "signature_wrong",
            Self::KeyWrongForSource => "key_wrong_for_family",
            Self::KeyWrongForApp => "key_wrong_for_app",
            Self::NotADelivery => "not_a_delivery",
            Self::KeysUnavailable => "keys_unavailable",
            Self::PublishFailed => "publish_failed",
            Self::Panicked => "panicked",
            Self::OutOfTime => "out_of_time",
        }
    }

    /// Word in the body: one per status, so that a probing caller learns nothing from it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self.status() {
            StatusCode::BAD_REQUEST => "bad_request",
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            _ => "unavailable",
        }
    }
}
