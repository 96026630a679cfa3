//! Session (now "Auth"): users, identifiers, sessions, passkeys and hooks.
//!
//! Sources: <https://docs.prelude.so/session/documentation/webhooks/introduction> and the pages below
//! <https://docs.prelude.so/auth/documentation/webhooks/events/>.

pub use super::Identifier;
use super::payload;
use crate::{Personal, RawJson, Timestamp, open_enum::open_enum};

payload! {
    /// `user.created`: a user was created.
    UserCreated {
        /// The user, `usr_…`.
        user_id: String,
        /// The identifiers that the user signs in with.
        identifiers: Vec<Identifier>,
        /// The profile, an object that the app defines, kept as received.
        profile: RawJson,
        /// The origin of the user, e.g. `api`.
        source: String,
        /// The time of the event.
        created_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.deleted`: a user was deleted.
    UserDeleted {
        /// The user, `usr_…`.
        user_id: String,
        /// The time of the event.
        deleted_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.profile.updated`: a user's profile was updated.
    UserProfileUpdated {
        /// The user, `usr_…`.
        user_id: String,
        /// The profile, an object that the app defines, kept as received.
        profile: RawJson,
        /// The time of the event.
        updated_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.identifier.created`: an identifier was added to a user.
    UserIdentifierCreated {
        /// The user, `usr_…`.
        user_id: String,
        /// The new identifier.
        identifier: Identifier,
        /// The time of the event.
        created_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.identifier.deleted`: an identifier of a user was deleted.
    UserIdentifierDeleted {
        /// The user, `usr_…`.
        user_id: String,
        /// The deleted identifier.
        identifier: Identifier,
        /// The time of the event.
        deleted_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.session.created`: a user's session was created.
    UserSessionCreated {
        /// The user, `usr_…`.
        user_id: String,
        /// The session, `ses_…`.
        session_id: String,
        /// The identifier that the user signed in with.
        identifier: Identifier,
        /// Data about the session, kept as received.
        metadata: RawJson,
        /// The time of the event.
        created_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.session.revoked`: a user's session was revoked.
    UserSessionRevoked {
        /// The user, `usr_…`.
        user_id: String,
        /// The session, `ses_…`.
        session_id: String,
        /// The time of the event.
        revoked_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.passkey.registered`: a user registered a passkey. Prelude does not report
    /// the same passkey twice.
    UserPasskeyRegistered {
        /// The user, `usr_…`.
        user_id: String,
        /// The session, `ses_…`.
        session_id: String,
        /// The passkey.
        credential: PasskeyCredential,
        /// The time of the event.
        registered_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.passkey.deleted`: a user's passkey was deleted.
    UserPasskeyDeleted {
        /// The user, `usr_…`.
        user_id: String,
        /// The session, `ses_…`; absent if all passkeys are revoked in response to a compromise.
        session_id: String,
        /// The passkey.
        credential: PasskeyCredential,
        /// The time of the event.
        deleted_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `user.passkey.assertion_failed`: a passkey assertion failed.
    UserPasskeyAssertionFailed {
        /// The user, `usr_…`, if known.
        user_id: String,
        /// The session, `ses_…`, if there is one.
        session_id: String,
        /// The passkey, if one was named.
        credential_id: String,
        /// The reason of the failure.
        reason: PasskeyFailureReason,
        /// The purpose of the assertion.
        source: PasskeyUse,
        /// The time of the event.
        occurred_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `migration.hook_failed`: a call of your migration hook could not be completed. It names no user.
    MigrationHookFailed {
        /// The reason of the failure.
        reason: HookFailureReason,
        /// The time of the event.
        occurred_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// `step_up.hook_failed`: a call of your step-up delegation hook could not be completed.
    StepUpHookFailed {
        /// The user, `usr_…`.
        user_id: String,
        /// The reason of the failure.
        reason: HookFailureReason,
        /// The time of the event. The name is inferred from the migration hook's.
        occurred_at: Timestamp,
        /// Prelude's identifier that ties related events together, `corr_…`.
        correlation_id: String,
    }

    /// A passkey, with members that help a user to recognise it. The page describes the members without naming
    /// them.
    PasskeyCredential {
        /// The label that the user gave it.
        nickname: Personal<String>,
        /// The transports of the authenticator, in WebAuthn's words, e.g. `internal` or `hybrid`.
        transports: Vec<String>,
        /// The backup state of the passkey. Its form is not documented.
        backup_state: RawJson,
    }
}

open_enum! {
    /// The reason why a passkey assertion failed.
    PasskeyFailureReason {
        /// The assertion was not valid.
        InvalidAssertion => "invalid_assertion",
        /// The authenticator's counter did not advance: the sign of a cloned authenticator.
        SignCountReplay => "sign_count_replay",
        /// The challenge token was not valid.
        TokenInvalid => "token_invalid",
        /// The user has no passkey.
        NoCredentials => "no_credentials",
    }
}

open_enum! {
    /// The purpose of a passkey assertion.
    PasskeyUse {
        /// A step-up challenge within a session.
        StepUp => "step_up",
        /// A login.
        Login => "login",
    }
}

open_enum! {
    /// The reason why a call of a hook could not be completed.
    HookFailureReason {
        /// The request itself failed: name resolution, connection, TLS, or no answer in time.
        RequestFailed => "request_failed",
        /// The hook answered with a status other than 2xx.
        InvalidStatusCode => "invalid_status_code",
        /// The answer could not be read as JSON.
        ResponseDecodeFailed => "response_decode_failed",
        /// Migration: the answer's user has no `external_id`.
        MissingExternalId => "missing_external_id",
        /// Migration: the answer has no identifier for the user.
        MissingIdentifiers => "missing_identifiers",
        /// Step-up: the answer's `status` is missing or not one of the allowed words.
        InvalidStatus => "invalid_status",
        /// Step-up: the answer asks for a review and has no steps.
        MissingSteps => "missing_steps",
        /// Step-up: the answer's `granted_for` is out of bounds.
        InvalidGrantedFor => "invalid_granted_for",
        /// Step-up: the answer's `grant_mode` is missing or not one of the allowed words.
        InvalidGrantMode => "invalid_grant_mode",
        /// Step-up: a step's key or duration is not valid.
        InvalidStep => "invalid_step",
        /// The answer is not valid for a reason without a word of its own.
        InvalidResponse => "invalid_response",
    }
}
