// Written by `cargo prelude clients` from the table of event types. Do not edit it.

import type { Decimal } from "./decimal.js";
import type { EventBase, UnknownEvent } from "./event.js";
import type { JsonValue } from "./json.js";
import type { Timestamp } from "./timestamp.js";

/**
 * The progress of a message, in order. Events arrive in any order.
 *
 * Prelude may add words, so any text can come.
 *
 * * `submitted`: The message was submitted to the carrier.
 * * `in_transit`: The message is in transit to the recipient.
 * * `silent_started`: A silent verification has started.
 * * `delivered`: The message was delivered to the recipient.
 * * `undeliverable`: The message could not be delivered.
 * * `expired`: The message expired before it was delivered.
 * * `silent_verified`: A silent verification succeeded.
 * * `silent_mismatch`: A silent verification found another number.
 * * `read`: The recipient read the message. This status comes after `delivered`.
 * * `unknown`: The status cannot be determined, for lack of information from the carrier or network.
 */
export type DeliveryStatus =
  | "submitted"
  | "in_transit"
  | "silent_started"
  | "delivered"
  | "undeliverable"
  | "expired"
  | "silent_verified"
  | "silent_mismatch"
  | "read"
  | "unknown"
  | (string & {});

/**
 * The kind of an identifier.
 *
 * Prelude may add words, so any text can come.
 *
 * * `phone_number`: A phone number.
 * * `email_address`: An e-mail address.
 */
export type IdentifierType =
  | "phone_number"
  | "email_address"
  | (string & {});

/**
 * The channel on which a message reaches the user.
 *
 * Prelude may add words, so any text can come.
 *
 * * `rcs`: Rich Communication Services.
 * * `silent`: Silent network authentication, without a message.
 * * `sms`: A text message.
 * * `telegram`: Telegram.
 * * `viber`: Viber.
 * * `voice`: A phone call.
 * * `whatsapp`: WhatsApp.
 * * `zalo`: Zalo.
 */
export type Channel =
  | "rcs"
  | "silent"
  | "sms"
  | "telegram"
  | "viber"
  | "voice"
  | "whatsapp"
  | "zalo"
  | (string & {});

/**
 * The state of a message's delivery.
 *
 * Prelude may add words, so any text can come.
 *
 * * `pending`: The message is on its way.
 * * `delivered`: The message was delivered.
 * * `failed`: The message was not delivered; see the reason.
 * * `expired`: The message expired before it was delivered.
 * * `unknown`: The status cannot be determined.
 */
export type MessageStatus =
  | "pending"
  | "delivered"
  | "failed"
  | "expired"
  | "unknown"
  | (string & {});

/**
 * The reason why a message was not delivered.
 *
 * Prelude may add words, so any text can come.
 *
 * * `unavailable`: The recipient is temporarily unavailable, e.g. without a cell network.
 * * `generic`: The carrier gave no details.
 * * `network`: The recipient's carrier network is temporarily unreachable.
 * * `unknown_recipient`: The number is not that of an active line.
 * * `insufficient_balance`: Your balance is too low for an attempt.
 * * `carrier_rejected`: The recipient's carrier blocked the message, e.g. because of its content or a missing
 *   registration.
 * * `unknown`: The reason cannot be determined.
 */
export type FailureReason =
  | "unavailable"
  | "generic"
  | "network"
  | "unknown_recipient"
  | "insufficient_balance"
  | "carrier_rejected"
  | "unknown"
  | (string & {});

/**
 * A keyword that users send.
 *
 * Prelude may add words, so any text can come.
 *
 * * `STOP`: Unsubscribes from marketing messages.
 * * `START`: Subscribes again.
 * * `HELP`: Asks for information, which Prelude sends automatically.
 */
export type SubscriptionAction =
  | "STOP"
  | "START"
  | "HELP"
  | (string & {});

/**
 * The reason why a passkey assertion failed.
 *
 * Prelude may add words, so any text can come.
 *
 * * `invalid_assertion`: The assertion was not valid.
 * * `sign_count_replay`: The authenticator's counter did not advance: the sign of a cloned authenticator.
 * * `token_invalid`: The challenge token was not valid.
 * * `no_credentials`: The user has no passkey.
 */
export type PasskeyFailureReason =
  | "invalid_assertion"
  | "sign_count_replay"
  | "token_invalid"
  | "no_credentials"
  | (string & {});

/**
 * The purpose of a passkey assertion.
 *
 * Prelude may add words, so any text can come.
 *
 * * `step_up`: A step-up challenge within a session.
 * * `login`: A login.
 */
export type PasskeyUse =
  | "step_up"
  | "login"
  | (string & {});

/**
 * The reason why a call of a hook could not be completed.
 *
 * Prelude may add words, so any text can come.
 *
 * * `request_failed`: The request itself failed: name resolution, connection, TLS, or no answer in time.
 * * `invalid_status_code`: The hook answered with a status other than 2xx.
 * * `response_decode_failed`: The answer could not be read as JSON.
 * * `missing_external_id`: Migration: the answer's user has no `external_id`.
 * * `missing_identifiers`: Migration: the answer has no identifier for the user.
 * * `invalid_status`: Step-up: the answer's `status` is missing or not one of the allowed words.
 * * `missing_steps`: Step-up: the answer asks for a review and has no steps.
 * * `invalid_granted_for`: Step-up: the answer's `granted_for` is out of bounds.
 * * `invalid_grant_mode`: Step-up: the answer's `grant_mode` is missing or not one of the allowed words.
 * * `invalid_step`: Step-up: a step's key or duration is not valid.
 * * `invalid_response`: The answer is not valid for a reason without a word of its own.
 */
export type HookFailureReason =
  | "request_failed"
  | "invalid_status_code"
  | "response_decode_failed"
  | "missing_external_id"
  | "missing_identifiers"
  | "invalid_status"
  | "missing_steps"
  | "invalid_granted_for"
  | "invalid_grant_mode"
  | "invalid_step"
  | "invalid_response"
  | (string & {});

/** The cost of a verification or message. */
export interface Price {
  /** The amount, in units of the currency, e.g. `0.009`. */
  readonly amount?: Decimal;
  /** The ISO 4217 code, e.g. `EUR`. */
  readonly currency?: string;
}

/** `authentication`: an authentication was created. */
export interface VerifyV1AuthenticationPayload {
  /** The event's id, a UUID. */
  readonly id?: string;
  /** The authentication, a UUID. */
  readonly auth_uuid?: string;
  /** The user's number. */
  readonly recipient_phone_number?: string;
  /** The fee of the authentication. */
  readonly price?: Price;
  /** The time of the event, with an offset of `+0000`. */
  readonly time?: Timestamp;
  /** Your own identifier. */
  readonly correlation_id?: string;
}

/** `attempt`: a message was sent to the user. */
export interface VerifyV1AttemptPayload {
  /** The event's id, a UUID. */
  readonly id?: string;
  /** The authentication, a UUID. */
  readonly auth_uuid?: string;
  /** The attempt, a UUID. */
  readonly attempt_uuid?: string;
  /** The user's number. */
  readonly recipient_phone_number?: string;
  /** The progress of the message. */
  readonly delivery_status?: DeliveryStatus;
  /** The price of the message. */
  readonly price?: Price;
  /** The time of the event, with an offset of `+0000`. */
  readonly time?: Timestamp;
  /** Mobile country code; digits with leading zeros. */
  readonly mcc?: string;
  /** Mobile network code; digits with leading zeros. */
  readonly mnc?: string;
  /** Your own identifier. */
  readonly correlation_id?: string;
}

/** `delivery_status`: the carrier reported on an attempt. */
export interface VerifyV1DeliveryReportPayload {
  /** The event's id, a UUID. */
  readonly id?: string;
  /** The authentication, a UUID. */
  readonly auth_uuid?: string;
  /** The attempt, a UUID. */
  readonly attempt_uuid?: string;
  /** The user's number. */
  readonly recipient_phone_number?: string;
  /** The progress of the message. */
  readonly delivery_status?: DeliveryStatus;
  /** The time of the event, with an offset of `+0000`. */
  readonly time?: Timestamp;
  /** Mobile country code; digits with leading zeros. */
  readonly mcc?: string;
  /** Mobile network code; digits with leading zeros. */
  readonly mnc?: string;
  /** Your own identifier. */
  readonly correlation_id?: string;
}

/** The metadata that you attached to a verification when you created it. */
export interface Metadata {
  /** Your own identifier. */
  readonly correlation_id?: string;
}

/** A phone number or e-mail address of a user: the target of a verification, or a Session user's identifier. */
export interface Identifier {
  /** The kind: a phone number or an e-mail address. */
  readonly type?: IdentifierType;
  /** The number or address. Do not rely on E.164: the documented examples are masked. */
  readonly value?: string;
}

/** `verify.authentication`: a verification was created and billed. */
export interface VerifyAuthenticationPayload {
  /** The verification, `vrf_…`. */
  readonly verification_id?: string;
  /** The metadata that you attached to the verification. */
  readonly metadata?: Metadata;
  /** The fee of the verification. */
  readonly price?: Price;
  /** The user who is verified. */
  readonly target?: Identifier;
  /** The time of the event. */
  readonly time?: Timestamp;
}

/** The mobile network of a phone number. */
export interface CarrierInformation {
  /** Mobile country code; digits with leading zeros. */
  readonly mcc?: string;
  /** Mobile network code; digits with leading zeros. */
  readonly mnc?: string;
}

/** `verify.attempt`: a verification attempt was sent to the user. */
export interface VerifyAttemptPayload {
  /** The attempt, `att_…`. */
  readonly id?: string;
  /** The verification, `vrf_…`. */
  readonly verification_id?: string;
  /** The progress of the attempt. */
  readonly delivery_status?: DeliveryStatus;
  /** The home network of the number. */
  readonly carrier_information?: CarrierInformation;
  /** The channel of the attempt. Newer than the other members, and absent from older examples. */
  readonly channel?: Channel;
  /** The metadata that you attached to the verification. */
  readonly metadata?: Metadata;
  /** The price of the attempt. */
  readonly price?: Price;
  /** The user who is verified. */
  readonly target?: Identifier;
  /** The time of the event. */
  readonly time?: Timestamp;
}

/** `verify.delivery_status`: the carrier reported on an attempt. */
export interface VerifyDeliveryReportPayload {
  /** The report, `dls_…`. */
  readonly id?: string;
  /** The attempt, `att_…`. */
  readonly attempt_id?: string;
  /** The verification, `vrf_…`. */
  readonly verification_id?: string;
  /** The progress of the attempt. */
  readonly status?: DeliveryStatus;
  /** The home network of the number. */
  readonly carrier_information?: CarrierInformation;
  /** The channel of the attempt. Not in the documented example. */
  readonly channel?: Channel;
  /** The metadata that you attached to the verification. */
  readonly metadata?: Metadata;
  /** The price of the attempt, the same as in its `verify.attempt`. */
  readonly price?: Price;
  /** The user who is verified. */
  readonly target?: Identifier;
  /** The time of the event. */
  readonly time?: Timestamp;
}

/** `transactional.message.created`: a message was created and accepted. */
export interface NotifyCreatedPayload {
  /** The message, `tx_…`. */
  readonly id?: string;
  /** The recipient's number. */
  readonly to?: string;
  /** The time at which the message was created. */
  readonly created_at?: Timestamp;
  /** The time at which Prelude stops trying to deliver the message. */
  readonly expires_at?: Timestamp;
  /** Your account, a UUID. */
  readonly customer_uuid?: string;
  /** The values for the template: an object of strings, kept as received. */
  readonly variables?: JsonValue;
  /** The fee of the message. */
  readonly fee?: Price;
  /** The template, `template_…`. Newer than the other members. */
  readonly template_id?: string;
  /** Your own identifier. */
  readonly correlation_id?: string;
}

/** `transactional.message.submitted`: a message was handed to the provider. */
export interface NotifySubmittedPayload {
  /** The message, `tx_…`. */
  readonly message_id?: string;
  /** The attempt, `att_…`. */
  readonly attempt_id?: string;
  /** The time at which the message was submitted. */
  readonly created_at?: Timestamp;
  /** Your account, a UUID. */
  readonly customer_uuid?: string;
  /** The purpose of the message, e.g. `transactional`. */
  readonly type?: string;
  /** The channel of the message. */
  readonly channel?: Channel;
  /** The template, `template_…`. */
  readonly template_id?: string;
  /** Your own identifier. */
  readonly correlation_id?: string;
}

/** `transactional.message.pending_delivery`, `.delivered`, `.failed` and `.unknown`: the state of a delivery. */
export interface NotifyDeliveryPayload {
  /** The report, `dls_…`. */
  readonly id?: string;
  /** The message, `tx_…`. */
  readonly message_id?: string;
  /** The time of the report. */
  readonly created_at?: Timestamp;
  /** Your account, a UUID. */
  readonly customer_uuid?: string;
  /** The price of the message. */
  readonly price?: Price;
  /** The state of the delivery. */
  readonly status?: MessageStatus;
  /** The reason of the failure. The page announces it, but its example lacks it. */
  readonly reason?: FailureReason;
  /** Mobile country code; digits with leading zeros. */
  readonly mcc?: string;
  /** Mobile network code; digits with leading zeros. */
  readonly mnc?: string;
  /** The number of parts of the text. */
  readonly segment_count?: number;
  /** Your own identifier. */
  readonly correlation_id?: string;
}

/**
 * `marketing.subscription.stop`, `.start`, `.help` and `.carrier_disconnect`: a subscription changed, or help was
 * asked for. Prelude has already acted on it.
 */
export interface SubscriptionChangePayload {
  /** The keyword that the user sent. */
  readonly action?: SubscriptionAction;
  /** The user's number, E.164. */
  readonly from?: string;
  /** Your short code or long code. */
  readonly to?: string;
  /** The time at which the keyword came in. */
  readonly received_at?: Timestamp;
}

/** `inbound.message.received`: a user sent a message to your WhatsApp Business number. */
export interface InboundMessagePayload {
  /** The inbound message, `im_…`, to which a reply refers. */
  readonly id?: string;
  /** The channel of the message, currently always WhatsApp. */
  readonly channel?: Channel;
  /** The user's number, E.164. A reply must go to this number. */
  readonly from?: string;
  /** Your number. */
  readonly to?: string;
  /** The text that the user wrote. */
  readonly text?: string;
  /** The end of the 24 hours in which a reply is allowed. */
  readonly expires_at?: Timestamp;
}

/** `user.created`: a user was created. */
export interface SessionUserCreatedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The identifiers that the user signs in with. */
  readonly identifiers?: readonly Identifier[];
  /** The profile, an object that the app defines, kept as received. */
  readonly profile?: JsonValue;
  /** The origin of the user, e.g. `api`. */
  readonly source?: string;
  /** The time of the event. */
  readonly created_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `user.deleted`: a user was deleted. */
export interface SessionUserDeletedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The time of the event. */
  readonly deleted_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `user.profile.updated`: a user's profile was updated. */
export interface SessionUserProfileUpdatedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The profile, an object that the app defines, kept as received. */
  readonly profile?: JsonValue;
  /** The time of the event. */
  readonly updated_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `user.identifier.created`: an identifier was added to a user. */
export interface SessionUserIdentifierCreatedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The new identifier. */
  readonly identifier?: Identifier;
  /** The time of the event. */
  readonly created_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `user.identifier.deleted`: an identifier of a user was deleted. */
export interface SessionUserIdentifierDeletedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The deleted identifier. */
  readonly identifier?: Identifier;
  /** The time of the event. */
  readonly deleted_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `user.session.created`: a user's session was created. */
export interface SessionUserSessionCreatedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The session, `ses_…`. */
  readonly session_id?: string;
  /** The identifier that the user signed in with. */
  readonly identifier?: Identifier;
  /** Data about the session, kept as received. */
  readonly metadata?: JsonValue;
  /** The time of the event. */
  readonly created_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `user.session.revoked`: a user's session was revoked. */
export interface SessionUserSessionRevokedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The session, `ses_…`. */
  readonly session_id?: string;
  /** The time of the event. */
  readonly revoked_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** A passkey, with members that help a user to recognise it. The page describes the members without naming them. */
export interface PasskeyCredential {
  /** The label that the user gave it. */
  readonly nickname?: string;
  /** The transports of the authenticator, in WebAuthn's words, e.g. `internal` or `hybrid`. */
  readonly transports?: readonly string[];
  /** The backup state of the passkey. Its form is not documented. */
  readonly backup_state?: JsonValue;
}

/** `user.passkey.registered`: a user registered a passkey. Prelude does not report the same passkey twice. */
export interface SessionUserPasskeyRegisteredPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The session, `ses_…`. */
  readonly session_id?: string;
  /** The passkey. */
  readonly credential?: PasskeyCredential;
  /** The time of the event. */
  readonly registered_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `user.passkey.deleted`: a user's passkey was deleted. */
export interface SessionUserPasskeyDeletedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The session, `ses_…`; absent if all passkeys are revoked in response to a compromise. */
  readonly session_id?: string;
  /** The passkey. */
  readonly credential?: PasskeyCredential;
  /** The time of the event. */
  readonly deleted_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `user.passkey.assertion_failed`: a passkey assertion failed. */
export interface SessionUserPasskeyAssertionFailedPayload {
  /** The user, `usr_…`, if known. */
  readonly user_id?: string;
  /** The session, `ses_…`, if there is one. */
  readonly session_id?: string;
  /** The passkey, if one was named. */
  readonly credential_id?: string;
  /** The reason of the failure. */
  readonly reason?: PasskeyFailureReason;
  /** The purpose of the assertion. */
  readonly source?: PasskeyUse;
  /** The time of the event. */
  readonly occurred_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `migration.hook_failed`: a call of your migration hook could not be completed. It names no user. */
export interface SessionMigrationHookFailedPayload {
  /** The reason of the failure. */
  readonly reason?: HookFailureReason;
  /** The time of the event. */
  readonly occurred_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `step_up.hook_failed`: a call of your step-up delegation hook could not be completed. */
export interface SessionStepUpHookFailedPayload {
  /** The user, `usr_…`. */
  readonly user_id?: string;
  /** The reason of the failure. */
  readonly reason?: HookFailureReason;
  /** The time of the event. The name is inferred from the migration hook's. */
  readonly occurred_at?: Timestamp;
  /** Prelude's identifier that ties related events together, `corr_…`. */
  readonly correlation_id?: string;
}

/** `authentication`: An authentication was created (deprecated Verify V1). */
export interface V1Authentication extends EventBase {
  readonly known: true;
  readonly type: "authentication";
  readonly source: "verify_v1";
  readonly payload: VerifyV1AuthenticationPayload;
}

/** `attempt`: A message was sent to the user (deprecated Verify V1). */
export interface V1Attempt extends EventBase {
  readonly known: true;
  readonly type: "attempt";
  readonly source: "verify_v1";
  readonly payload: VerifyV1AttemptPayload;
}

/** `delivery_status`: The carrier reported a delivery status (deprecated Verify V1). */
export interface V1DeliveryStatus extends EventBase {
  readonly known: true;
  readonly type: "delivery_status";
  readonly source: "verify_v1";
  readonly payload: VerifyV1DeliveryReportPayload;
}

/** `verify.authentication`: A verification was created and billed. */
export interface VerifyAuthentication extends EventBase {
  readonly known: true;
  readonly type: "verify.authentication";
  readonly source: "verify";
  readonly payload: VerifyAuthenticationPayload;
}

/** `verify.attempt`: A verification attempt was sent to the user. */
export interface VerifyAttempt extends EventBase {
  readonly known: true;
  readonly type: "verify.attempt";
  readonly source: "verify";
  readonly payload: VerifyAttemptPayload;
}

/** `verify.delivery_status`: The carrier reported the delivery status of an attempt. */
export interface VerifyDeliveryStatus extends EventBase {
  readonly known: true;
  readonly type: "verify.delivery_status";
  readonly source: "verify";
  readonly payload: VerifyDeliveryReportPayload;
}

/** `transactional.message.created`: A message was created and accepted. */
export interface TransactionalMessageCreated extends EventBase {
  readonly known: true;
  readonly type: "transactional.message.created";
  readonly source: "notify";
  readonly payload: NotifyCreatedPayload;
}

/** `transactional.message.submitted`: A message was handed to the provider. */
export interface TransactionalMessageSubmitted extends EventBase {
  readonly known: true;
  readonly type: "transactional.message.submitted";
  readonly source: "notify";
  readonly payload: NotifySubmittedPayload;
}

/** `transactional.message.pending_delivery`: A message is pending delivery. */
export interface TransactionalMessagePendingDelivery extends EventBase {
  readonly known: true;
  readonly type: "transactional.message.pending_delivery";
  readonly source: "notify";
  readonly payload: NotifyDeliveryPayload;
}

/** `transactional.message.delivered`: A message was delivered. */
export interface TransactionalMessageDelivered extends EventBase {
  readonly known: true;
  readonly type: "transactional.message.delivered";
  readonly source: "notify";
  readonly payload: NotifyDeliveryPayload;
}

/**
 * `transactional.message.failed`: The delivery of a message failed; status and reason say how. Prelude may still
 * try again.
 */
export interface TransactionalMessageFailed extends EventBase {
  readonly known: true;
  readonly type: "transactional.message.failed";
  readonly source: "notify";
  readonly payload: NotifyDeliveryPayload;
}

/** `transactional.message.unknown`: The delivery of a message cannot be determined. */
export interface TransactionalMessageUnknown extends EventBase {
  readonly known: true;
  readonly type: "transactional.message.unknown";
  readonly source: "notify";
  readonly payload: NotifyDeliveryPayload;
}

/** `marketing.subscription.stop`: A user opted out by the STOP keyword. */
export interface MarketingSubscriptionStop extends EventBase {
  readonly known: true;
  readonly type: "marketing.subscription.stop";
  readonly source: "notify";
  readonly payload: SubscriptionChangePayload;
}

/** `marketing.subscription.start`: A user opted back in by the START keyword. */
export interface MarketingSubscriptionStart extends EventBase {
  readonly known: true;
  readonly type: "marketing.subscription.start";
  readonly source: "notify";
  readonly payload: SubscriptionChangePayload;
}

/** `marketing.subscription.help`: A user asked for help by the HELP keyword. */
export interface MarketingSubscriptionHelp extends EventBase {
  readonly known: true;
  readonly type: "marketing.subscription.help";
  readonly source: "notify";
  readonly payload: SubscriptionChangePayload;
}

/**
 * `marketing.subscription.carrier_disconnect`: The carrier reported a number as disconnected; it was unsubscribed
 * automatically.
 */
export interface MarketingSubscriptionCarrierDisconnect extends EventBase {
  readonly known: true;
  readonly type: "marketing.subscription.carrier_disconnect";
  readonly source: "notify";
  readonly payload: SubscriptionChangePayload;
}

/** `inbound.message.received`: A user sent a message to your WhatsApp Business number. */
export interface InboundMessageReceived extends EventBase {
  readonly known: true;
  readonly type: "inbound.message.received";
  readonly source: "notify";
  readonly payload: InboundMessagePayload;
}

/** `user.created`: A user was created, from the frontend or the management API. */
export interface UserCreated extends EventBase {
  readonly known: true;
  readonly type: "user.created";
  readonly source: "session";
  readonly payload: SessionUserCreatedPayload;
}

/** `user.deleted`: A user was deleted. */
export interface UserDeleted extends EventBase {
  readonly known: true;
  readonly type: "user.deleted";
  readonly source: "session";
  readonly payload: SessionUserDeletedPayload;
}

/** `user.profile.updated`: A user's profile was updated. */
export interface UserProfileUpdated extends EventBase {
  readonly known: true;
  readonly type: "user.profile.updated";
  readonly source: "session";
  readonly payload: SessionUserProfileUpdatedPayload;
}

/** `user.identifier.created`: An identifier was added to a user. */
export interface UserIdentifierCreated extends EventBase {
  readonly known: true;
  readonly type: "user.identifier.created";
  readonly source: "session";
  readonly payload: SessionUserIdentifierCreatedPayload;
}

/** `user.identifier.deleted`: An identifier of a user was deleted. */
export interface UserIdentifierDeleted extends EventBase {
  readonly known: true;
  readonly type: "user.identifier.deleted";
  readonly source: "session";
  readonly payload: SessionUserIdentifierDeletedPayload;
}

/** `user.session.created`: A user's session was created. */
export interface UserSessionCreated extends EventBase {
  readonly known: true;
  readonly type: "user.session.created";
  readonly source: "session";
  readonly payload: SessionUserSessionCreatedPayload;
}

/** `user.session.revoked`: A user's session was revoked. */
export interface UserSessionRevoked extends EventBase {
  readonly known: true;
  readonly type: "user.session.revoked";
  readonly source: "session";
  readonly payload: SessionUserSessionRevokedPayload;
}

/** `user.passkey.registered`: A user registered a passkey. */
export interface UserPasskeyRegistered extends EventBase {
  readonly known: true;
  readonly type: "user.passkey.registered";
  readonly source: "session";
  readonly payload: SessionUserPasskeyRegisteredPayload;
}

/** `user.passkey.deleted`: A user's passkey was deleted. */
export interface UserPasskeyDeleted extends EventBase {
  readonly known: true;
  readonly type: "user.passkey.deleted";
  readonly source: "session";
  readonly payload: SessionUserPasskeyDeletedPayload;
}

/** `user.passkey.assertion_failed`: A passkey assertion failed. */
export interface UserPasskeyAssertionFailed extends EventBase {
  readonly known: true;
  readonly type: "user.passkey.assertion_failed";
  readonly source: "session";
  readonly payload: SessionUserPasskeyAssertionFailedPayload;
}

/** `migration.hook_failed`: A call of your migration hook could not be completed. */
export interface MigrationHookFailed extends EventBase {
  readonly known: true;
  readonly type: "migration.hook_failed";
  readonly source: "session";
  readonly payload: SessionMigrationHookFailedPayload;
}

/** `step_up.hook_failed`: A call of your step-up delegation hook could not be completed. */
export interface StepUpHookFailed extends EventBase {
  readonly known: true;
  readonly type: "step_up.hook_failed";
  readonly source: "session";
  readonly payload: SessionStepUpHookFailedPayload;
}

/** An event of a type that this version knows. `type` distinguishes them. */
export type KnownEvent =
  | V1Authentication
  | V1Attempt
  | V1DeliveryStatus
  | VerifyAuthentication
  | VerifyAttempt
  | VerifyDeliveryStatus
  | TransactionalMessageCreated
  | TransactionalMessageSubmitted
  | TransactionalMessagePendingDelivery
  | TransactionalMessageDelivered
  | TransactionalMessageFailed
  | TransactionalMessageUnknown
  | MarketingSubscriptionStop
  | MarketingSubscriptionStart
  | MarketingSubscriptionHelp
  | MarketingSubscriptionCarrierDisconnect
  | InboundMessageReceived
  | UserCreated
  | UserDeleted
  | UserProfileUpdated
  | UserIdentifierCreated
  | UserIdentifierDeleted
  | UserSessionCreated
  | UserSessionRevoked
  | UserPasskeyRegistered
  | UserPasskeyDeleted
  | UserPasskeyAssertionFailed
  | MigrationHookFailed
  | StepUpHookFailed;

/**
 * An event. If `known` is true, `type` narrows `payload`.
 *
 * The two are separate because a member whose `type` is any text would prevent narrowing.
 */
export type Event = KnownEvent | UnknownEvent;

/** A type that this version knows. */
export type EventType = KnownEvent["type"];

/** The part of Prelude that sends an event. */
export type Source = KnownEvent["source"];

/** The event of a type. */
export type KnownEventOf<T extends EventType> = Extract<KnownEvent, { readonly type: T }>;
