// Written by `cargo prelude clients` from the table of event types. Do not edit it.

import type { EventShape, Shape } from "./shape.js";

/** A status follows those of lower stages. Words without a stage say nothing about progress. */
export const DELIVERY_STAGES: ReadonlyMap<string, number> = new Map([
  ["submitted", 0],
  ["in_transit", 1],
  ["silent_started", 1],
  ["delivered", 2],
  ["undeliverable", 2],
  ["expired", 2],
  ["silent_verified", 2],
  ["silent_mismatch", 2],
  ["read", 3],
]);

const Price: Shape = {
  name: "Price",
  members: [
    { name: "amount", form: "decimal" },
    { name: "currency", form: "text" },
  ],
};

const VerifyV1AuthenticationPayload: Shape = {
  name: "VerifyV1AuthenticationPayload",
  members: [
    { name: "id", form: "text" },
    { name: "auth_uuid", form: "text" },
    { name: "recipient_phone_number", form: "text", redacted: true },
    { name: "price", form: Price },
    { name: "time", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const VerifyV1AttemptPayload: Shape = {
  name: "VerifyV1AttemptPayload",
  members: [
    { name: "id", form: "text" },
    { name: "auth_uuid", form: "text" },
    { name: "attempt_uuid", form: "text" },
    { name: "recipient_phone_number", form: "text", redacted: true },
    { name: "delivery_status", form: "text" },
    { name: "price", form: Price },
    { name: "time", form: "time" },
    { name: "mcc", form: "text" },
    { name: "mnc", form: "text" },
    { name: "correlation_id", form: "text" },
  ],
};

const VerifyV1DeliveryReportPayload: Shape = {
  name: "VerifyV1DeliveryReportPayload",
  members: [
    { name: "id", form: "text" },
    { name: "auth_uuid", form: "text" },
    { name: "attempt_uuid", form: "text" },
    { name: "recipient_phone_number", form: "text", redacted: true },
    { name: "delivery_status", form: "text" },
    { name: "time", form: "time" },
    { name: "mcc", form: "text" },
    { name: "mnc", form: "text" },
    { name: "correlation_id", form: "text" },
  ],
};

const Metadata: Shape = {
  name: "Metadata",
  members: [
    { name: "correlation_id", form: "text", redacted: true },
  ],
};

const Identifier: Shape = {
  name: "Identifier",
  members: [
    { name: "type", form: "text" },
    { name: "value", form: "text", redacted: true },
  ],
};

const VerifyAuthenticationPayload: Shape = {
  name: "VerifyAuthenticationPayload",
  members: [
    { name: "verification_id", form: "text" },
    { name: "metadata", form: Metadata, redacted: true },
    { name: "price", form: Price },
    { name: "target", form: Identifier },
    { name: "time", form: "time" },
  ],
};

const CarrierInformation: Shape = {
  name: "CarrierInformation",
  members: [
    { name: "mcc", form: "text" },
    { name: "mnc", form: "text" },
  ],
};

const VerifyAttemptPayload: Shape = {
  name: "VerifyAttemptPayload",
  members: [
    { name: "id", form: "text" },
    { name: "verification_id", form: "text" },
    { name: "delivery_status", form: "text" },
    { name: "carrier_information", form: CarrierInformation },
    { name: "channel", form: "text" },
    { name: "metadata", form: Metadata, redacted: true },
    { name: "price", form: Price },
    { name: "target", form: Identifier },
    { name: "time", form: "time" },
  ],
};

const VerifyDeliveryReportPayload: Shape = {
  name: "VerifyDeliveryReportPayload",
  members: [
    { name: "id", form: "text" },
    { name: "attempt_id", form: "text" },
    { name: "verification_id", form: "text" },
    { name: "status", form: "text" },
    { name: "carrier_information", form: CarrierInformation },
    { name: "channel", form: "text" },
    { name: "metadata", form: Metadata, redacted: true },
    { name: "price", form: Price },
    { name: "target", form: Identifier },
    { name: "time", form: "time" },
  ],
};

const NotifyCreatedPayload: Shape = {
  name: "NotifyCreatedPayload",
  members: [
    { name: "id", form: "text" },
    { name: "to", form: "text", redacted: true },
    { name: "created_at", form: "time" },
    { name: "expires_at", form: "time" },
    { name: "customer_uuid", form: "text" },
    { name: "variables", form: "json", redacted: true },
    { name: "fee", form: Price },
    { name: "template_id", form: "text" },
    { name: "correlation_id", form: "text" },
  ],
};

const NotifySubmittedPayload: Shape = {
  name: "NotifySubmittedPayload",
  members: [
    { name: "message_id", form: "text" },
    { name: "attempt_id", form: "text" },
    { name: "created_at", form: "time" },
    { name: "customer_uuid", form: "text" },
    { name: "type", form: "text" },
    { name: "channel", form: "text" },
    { name: "template_id", form: "text" },
    { name: "correlation_id", form: "text" },
  ],
};

const NotifyDeliveryPayload: Shape = {
  name: "NotifyDeliveryPayload",
  members: [
    { name: "id", form: "text" },
    { name: "message_id", form: "text" },
    { name: "created_at", form: "time" },
    { name: "customer_uuid", form: "text" },
    { name: "price", form: Price },
    { name: "status", form: "text" },
    { name: "reason", form: "text" },
    { name: "mcc", form: "text" },
    { name: "mnc", form: "text" },
    { name: "segment_count", form: "count" },
    { name: "correlation_id", form: "text" },
  ],
};

const SubscriptionChangePayload: Shape = {
  name: "SubscriptionChangePayload",
  members: [
    { name: "action", form: "text" },
    { name: "from", form: "text", redacted: true },
    { name: "to", form: "text", redacted: true },
    { name: "received_at", form: "time" },
  ],
};

const InboundMessagePayload: Shape = {
  name: "InboundMessagePayload",
  members: [
    { name: "id", form: "text" },
    { name: "channel", form: "text" },
    { name: "from", form: "text", redacted: true },
    { name: "to", form: "text", redacted: true },
    { name: "text", form: "text", redacted: true },
    { name: "expires_at", form: "time" },
  ],
};

const SessionUserCreatedPayload: Shape = {
  name: "SessionUserCreatedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "identifiers", form: { element: Identifier } },
    { name: "profile", form: "json", redacted: true },
    { name: "source", form: "text" },
    { name: "created_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionUserDeletedPayload: Shape = {
  name: "SessionUserDeletedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "deleted_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionUserProfileUpdatedPayload: Shape = {
  name: "SessionUserProfileUpdatedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "profile", form: "json", redacted: true },
    { name: "updated_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionUserIdentifierCreatedPayload: Shape = {
  name: "SessionUserIdentifierCreatedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "identifier", form: Identifier },
    { name: "created_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionUserIdentifierDeletedPayload: Shape = {
  name: "SessionUserIdentifierDeletedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "identifier", form: Identifier },
    { name: "deleted_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionUserSessionCreatedPayload: Shape = {
  name: "SessionUserSessionCreatedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "session_id", form: "text" },
    { name: "identifier", form: Identifier },
    { name: "metadata", form: "json", redacted: true },
    { name: "created_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionUserSessionRevokedPayload: Shape = {
  name: "SessionUserSessionRevokedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "session_id", form: "text" },
    { name: "revoked_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const PasskeyCredential: Shape = {
  name: "PasskeyCredential",
  members: [
    { name: "nickname", form: "text", redacted: true },
    { name: "transports", form: { element: "text" } },
    { name: "backup_state", form: "json", redacted: true },
  ],
};

const SessionUserPasskeyRegisteredPayload: Shape = {
  name: "SessionUserPasskeyRegisteredPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "session_id", form: "text" },
    { name: "credential", form: PasskeyCredential },
    { name: "registered_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionUserPasskeyDeletedPayload: Shape = {
  name: "SessionUserPasskeyDeletedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "session_id", form: "text" },
    { name: "credential", form: PasskeyCredential },
    { name: "deleted_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionUserPasskeyAssertionFailedPayload: Shape = {
  name: "SessionUserPasskeyAssertionFailedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "session_id", form: "text" },
    { name: "credential_id", form: "text" },
    { name: "reason", form: "text" },
    { name: "source", form: "text" },
    { name: "occurred_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionMigrationHookFailedPayload: Shape = {
  name: "SessionMigrationHookFailedPayload",
  members: [
    { name: "reason", form: "text" },
    { name: "occurred_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

const SessionStepUpHookFailedPayload: Shape = {
  name: "SessionStepUpHookFailedPayload",
  members: [
    { name: "user_id", form: "text" },
    { name: "reason", form: "text" },
    { name: "occurred_at", form: "time" },
    { name: "correlation_id", form: "text" },
  ],
};

/** The shape of each type. */
export const TABLE: ReadonlyMap<string, EventShape> = new Map([
  ["authentication", { name: "V1Authentication", source: "verify_v1", payload: VerifyV1AuthenticationPayload }],
  ["attempt", { name: "V1Attempt", source: "verify_v1", payload: VerifyV1AttemptPayload }],
  ["delivery_status", { name: "V1DeliveryStatus", source: "verify_v1", payload: VerifyV1DeliveryReportPayload }],
  ["verify.authentication", { name: "VerifyAuthentication", source: "verify", payload: VerifyAuthenticationPayload }],
  ["verify.attempt", { name: "VerifyAttempt", source: "verify", payload: VerifyAttemptPayload }],
  ["verify.delivery_status", { name: "VerifyDeliveryStatus", source: "verify", payload: VerifyDeliveryReportPayload }],
  ["transactional.message.created", { name: "TransactionalMessageCreated", source: "notify", payload: NotifyCreatedPayload }],
  ["transactional.message.submitted", { name: "TransactionalMessageSubmitted", source: "notify", payload: NotifySubmittedPayload }],
  ["transactional.message.pending_delivery", { name: "TransactionalMessagePendingDelivery", source: "notify", payload: NotifyDeliveryPayload }],
  ["transactional.message.delivered", { name: "TransactionalMessageDelivered", source: "notify", payload: NotifyDeliveryPayload }],
  ["transactional.message.failed", { name: "TransactionalMessageFailed", source: "notify", payload: NotifyDeliveryPayload }],
  ["transactional.message.unknown", { name: "TransactionalMessageUnknown", source: "notify", payload: NotifyDeliveryPayload }],
  ["marketing.subscription.stop", { name: "MarketingSubscriptionStop", source: "notify", payload: SubscriptionChangePayload }],
  ["marketing.subscription.start", { name: "MarketingSubscriptionStart", source: "notify", payload: SubscriptionChangePayload }],
  ["marketing.subscription.help", { name: "MarketingSubscriptionHelp", source: "notify", payload: SubscriptionChangePayload }],
  ["marketing.subscription.carrier_disconnect", { name: "MarketingSubscriptionCarrierDisconnect", source: "notify", payload: SubscriptionChangePayload }],
  ["inbound.message.received", { name: "InboundMessageReceived", source: "notify", payload: InboundMessagePayload }],
  ["user.created", { name: "UserCreated", source: "session", payload: SessionUserCreatedPayload }],
  ["user.deleted", { name: "UserDeleted", source: "session", payload: SessionUserDeletedPayload }],
  ["user.profile.updated", { name: "UserProfileUpdated", source: "session", payload: SessionUserProfileUpdatedPayload }],
  ["user.identifier.created", { name: "UserIdentifierCreated", source: "session", payload: SessionUserIdentifierCreatedPayload }],
  ["user.identifier.deleted", { name: "UserIdentifierDeleted", source: "session", payload: SessionUserIdentifierDeletedPayload }],
  ["user.session.created", { name: "UserSessionCreated", source: "session", payload: SessionUserSessionCreatedPayload }],
  ["user.session.revoked", { name: "UserSessionRevoked", source: "session", payload: SessionUserSessionRevokedPayload }],
  ["user.passkey.registered", { name: "UserPasskeyRegistered", source: "session", payload: SessionUserPasskeyRegisteredPayload }],
  ["user.passkey.deleted", { name: "UserPasskeyDeleted", source: "session", payload: SessionUserPasskeyDeletedPayload }],
  ["user.passkey.assertion_failed", { name: "UserPasskeyAssertionFailed", source: "session", payload: SessionUserPasskeyAssertionFailedPayload }],
  ["migration.hook_failed", { name: "MigrationHookFailed", source: "session", payload: SessionMigrationHookFailedPayload }],
  ["step_up.hook_failed", { name: "StepUpHookFailed", source: "session", payload: SessionStepUpHookFailedPayload }],
]);
