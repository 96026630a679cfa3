//! Advice for each refusal: an action to take, or a cause.

use prelude_webhooks::rejection::Rejection;

pub(crate) const fn of(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::AddressNotAllowed => {
            "If the address is Prelude's, add it to PRELUDE_ALLOWED_IPS. If it is your proxy's, add it to PRELUDE_TRUSTED_PROXIES."
        }
        Rejection::AddressUnreadable => {
            "Check requestContext's sourceIp and, behind a trusted proxy, X-Forwarded-For: expected one readable address of a caller."
        }
        Rejection::PathUnknown => {
            "Register the endpoint's whole URL with Prelude, and check the API's stage and base path."
        }
        Rejection::PathTokenWrong => {
            "Compare the registered URL with PRELUDE_PATH_TOKEN. While you replace a token, list the old and the new one."
        }
        Rejection::MethodNotAllowed => "Prelude sends only GET and POST: the caller is not Prelude.",
        Rejection::NotAChallenge => {
            "Prelude sends GET only to activate a Session webhook: someone opened the URL, or the query was changed in transit."
        }
        Rejection::ChallengeAppUnknown => "Add the app to PRELUDE_APPS, with the app_id that Prelude sends.",
        Rejection::ChallengeTokenWrong => {
            "Set verification_token in PRELUDE_APPS to the token that the webhook was registered with."
        }
        Rejection::BodyNotBase64 => {
            "The event has isBase64Encoded, but its body is not base64: the event was changed after API Gateway created it."
        }
        Rejection::SignatureMissing => {
            "Prelude always signs Session, but Verify and Notify only after you generate a key in the dashboard: generate one, or opt in with PRELUDE_ACCEPT_UNSIGNED."
        }
        Rejection::UnsignedFromUnlistedAddress => {
            "Unsigned events are accepted only from listed addresses, even in report mode: add the address to PRELUDE_ALLOWED_IPS if it is Prelude's."
        }
        Rejection::UnsignedTokenShort => {
            "Use a path token of 32 characters or more: add the new one to PRELUDE_PATH_TOKEN beside the old one, and register the new URL with Prelude."
        }
        Rejection::UnsignedTypeUnknown => {
            "If Prelude has a new event type, update the receiver within two weeks. A signed event of an unknown type is parked, so a key in PRELUDE_PUBLIC_KEYS is safer."
        }
        Rejection::SignatureMalformed => {
            "X-Webhook-Signature must reach the function as Prelude sent it: check for a proxy that cuts or repeats headers."
        }
        Rejection::SignatureSchemeUnknown => {
            "Only rsassa-pss-sha256 is accepted: another service signed this, or Prelude has changed its scheme."
        }
        Rejection::SignatureWrong => {
            "Check that the key is configured, and that nothing changed the body in transit: every byte counts."
        }
        Rejection::KeyWrongForSource => {
            "The signature is genuine, but an app's key proves only Session batches: Verify and Notify events need the account's key in PRELUDE_PUBLIC_KEYS."
        }
        Rejection::KeyWrongForApp => {
            "The signature is genuine, but its key does not belong to the batch's app: check app_id and its keys in PRELUDE_APPS."
        }
        Rejection::NotADelivery => {
            "The body is the access token of one of the app's users, not an event. No event is lost, and no action is needed."
        }
        Rejection::KeysUnavailable => {
            "The key set of the app that the body claims could not be fetched: check its jwks_url and the function's outbound network access, pin public_keys, or remove a deleted app from PRELUDE_APPS."
        }
        Rejection::PublishFailed | Rejection::OutOfTime => {
            "Prelude retries. The function's log has SQS's answer."
        }
        Rejection::Panicked => "The receiver has a defect: report it with the place in the log.",
    }
}
