//! Why a request is not answered with 200: one enum, one exhaustive match to statuses, one to log codes.

use http::StatusCode;

/// A deliberate answer other than 200. The caller sees the status and a bland body; the log sees [`code`](Self::code).
///
/// Prelude counts anything but 200 as a failure and retries for up to two weeks, so nothing here loses an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The caller's address is readable and on no allow-list.
    #[error("the caller's address is not on the allow-list")]
    AddressNotAllowed,
    /// The caller's address is missing, or `X-Forwarded-For` holds no readable address of a caller.
    #[error("the caller's address can not be read")]
    AddressUnreadable,
    /// The last path segment is not `webhooks` (or not `webhooks/<token>`).
    #[error("the path is not the endpoint's")]
    PathUnknown,
    /// The path has the right shape, but its token is none of the configured ones.
    #[error("the path token is not one of the configured ones")]
    PathTokenWrong,
    /// Neither `GET` nor `POST`.
    #[error("the method is neither GET nor POST")]
    MethodNotAllowed,
    /// A `GET` that is no activation challenge, or one whose challenge is not an integer.
    #[error("the GET request is not an activation challenge")]
    NotAChallenge,
    /// A challenge for an app that is not configured.
    #[error("the challenge names an app that is not configured")]
    ChallengeAppUnknown,
    /// A challenge for a configured app with another verification token.
    #[error("the challenge's verification token is wrong")]
    ChallengeTokenWrong,
    /// API Gateway marked the body as base64, and it is not.
    #[error("the body is marked as base64 and is not")]
    BodyNotBase64,
    /// No signature header, and no unsigned source that would fit is accepted.
    #[error("the request carries no signature")]
    SignatureMissing,
    /// No signature header; the source is accepted unsigned, but not from this address.
    #[error("the unsigned request comes from an address that is not on the allow-list")]
    UnsignedFromUnlistedAddress,
    /// No signature header; the path token is right, and too short to be the proof of an unsigned request.
    #[error("the unsigned request came through a path token of fewer than 32 characters")]
    UnsignedTokenShort,
    /// No signature header; the source is accepted unsigned, but it has no such type.
    #[error("the unsigned event's type is not one of its source's")]
    UnsignedTypeUnknown,
    /// The signature header is empty, given twice, or not `<scheme>=<base64>`.
    #[error("the signature header is malformed")]
    SignatureMalformed,
    /// Another scheme than `rsassa-pss-sha256`, such as the once documented `sha256`.
    #[error("the signature's scheme is unknown")]
    SignatureSchemeUnknown,
    /// No configured key verifies the signature.
    #[error("no configured key verifies the signature")]
    SignatureWrong,
    /// The signature is genuine, but its key does not prove this family of events.
    #[error("the key that verified does not prove this family of events")]
    KeyWrongForFamily,
    /// The signature is genuine, but the batch's `app_id` is missing or another app's.
    #[error("the key that verified does not belong to the batch's app")]
    KeyWrongForApp,
    /// Only an app's key verifies the signature, and the body is what a JWS signs: an access token of a user.
    #[error("the body is the signed part of a token, which the app's key signs too")]
    NotADelivery,
    /// The app that the body claims has no key yet: its key set could not be fetched.
    #[error("the app that the body claims has no key yet")]
    KeysUnavailable,
    /// SQS did not take every event.
    #[error("SQS did not take every event")]
    PublishFailed,
    /// A defect of the receiver; the log has its place.
    #[error("the receiver panicked")]
    Panicked,
    /// The time budget ended before every event was durable.
    #[error("out of time")]
    OutOfTime,
}

impl Rejection {
    /// The status the caller sees.
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
            | Self::KeyWrongForFamily
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

    /// The stable code in the log. Alarms and runbooks rely on these words.
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
            Self::KeyWrongForFamily => "key_wrong_for_family",
            Self::KeyWrongForApp => "key_wrong_for_app",
            Self::NotADelivery => "not_a_delivery",
            Self::KeysUnavailable => "keys_unavailable",
            Self::PublishFailed => "publish_failed",
            Self::Panicked => "panicked",
            Self::OutOfTime => "out_of_time",
        }
    }

    /// The word in the body: one per status, so that a prober learns nothing from it.
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
