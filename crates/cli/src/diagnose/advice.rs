//! What to do about each refusal, in one sentence.

use prelude_webhooks::rejection::Rejection;

pub(crate) const fn of(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::AddressNotAllowed => {
            "If Prelude calls from this address, add it to PRELUDE_ALLOWED_IPS; if a proxy of yours does, name it in PRELUDE_TRUSTED_PROXIES."
        }
        Rejection::AddressUnreadable => {
            "Look at requestContext's sourceIp, and behind a trusted proxy at X-Forwarded-For: one readable address of a caller is wanted."
        }
        Rejection::PathUnknown => {
            "Register the endpoint's whole URL with Prelude, and check the API's stage and base path."
        }
        Rejection::PathTokenWrong => {
            "Compare the registered URL with PRELUDE_PATH_TOKEN; while a token is replaced, list the old and the new one."
        }
        Rejection::MethodNotAllowed => "Prelude sends GET and POST only: someone else called.",
        Rejection::NotAChallenge => {
            "Prelude sends GET only to activate a Session webhook: someone opened the URL, or the query was changed on its way."
        }
        Rejection::ChallengeAppUnknown => {
            "Add the app to PRELUDE_APPS, with its app_id as Prelude writes it."
        }
        Rejection::ChallengeTokenWrong => {
            "Make verification_token in PRELUDE_APPS the one that the webhook was registered with."
        }
        Rejection::BodyNotBase64 => {
            "The event says isBase64Encoded and its body is not base64: it was changed after API Gateway wrote it."
        }
        Rejection::SignatureMissing => {
            "Prelude signs Session always, and Verify and Notify once a key is generated in the dashboard: generate one, or opt in with PRELUDE_ACCEPT_UNSIGNED."
        }
        Rejection::UnsignedFromUnlistedAddress => {
            "Unsigned events are accepted from listed addresses only, in report mode too: add the address to PRELUDE_ALLOWED_IPS if it is Prelude's."
        }
        Rejection::UnsignedTokenShort => {
            "Take a path token of 32 characters or more: list the new one beside the old one in PRELUDE_PATH_TOKEN, and register the new URL with Prelude."
        }
        Rejection::UnsignedTypeUnknown => {
            "If Prelude has a new event type, update the receiver within two weeks. A signed event of an unknown type is parked, so a key in PRELUDE_PUBLIC_KEYS is safer."
        }
        Rejection::SignatureMalformed => {
            "X-Webhook-Signature must reach the function as Prelude sent it: look for a proxy that cuts or repeats headers."
        }
        Rejection::SignatureSchemeUnknown => {
            "Only rsassa-pss-sha256 is accepted: another service signed this, or Prelude has changed its scheme."
        }
        Rejection::SignatureWrong => {
            "Check that the key is configured, and that nothing changed the body on its way: one other byte is another body."
        }
        Rejection::KeyWrongForSource => {
            "The signature is genuine, but an app's key proves Session batches only: such an event needs the account's key in PRELUDE_PUBLIC_KEYS."
        }
        Rejection::KeyWrongForApp => {
            "The signature is genuine, but not by a key of the app that the batch names: check app_id and its keys in PRELUDE_APPS."
        }
        Rejection::NotADelivery => {
            "Someone sends the access token of one of the app's users. It is refused, no event is lost, and nothing needs to be done."
        }
        Rejection::KeysUnavailable => {
            "The key set of the app that the body claims could not be fetched: check its jwks_url and the function's way out to the network, pin public_keys, or remove an app that is gone from PRELUDE_APPS."
        }
        Rejection::PublishFailed | Rejection::OutOfTime => {
            "Prelude will try again; the function's log says what SQS answered."
        }
        Rejection::Panicked => {
            "This is a defect of the receiver: report it with the place that the log names."
        }
    }
}
