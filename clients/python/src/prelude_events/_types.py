# Written by `cargo prelude clients` from the table of event types. Do not edit it.

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal, Union

from ._event import KnownEvent, UnknownEvent
from ._read import (
    Member,
    Payload,
    read_count,
    read_decimal,
    read_json,
    read_list,
    read_object,
    read_text,
    read_time,
)
from ._timestamp import Timestamp

DeliveryStatus = Union[
    Literal[
        "submitted",
        "in_transit",
        "silent_started",
        "delivered",
        "undeliverable",
        "expired",
        "silent_verified",
        "silent_mismatch",
        "read",
        "unknown",
    ],
    str,
]
"""The progress of a message, in order. Events arrive in any order.

Prelude may add words, so any text can come.

* `submitted`: The message was submitted to the carrier.
* `in_transit`: The message is in transit to the recipient.
* `silent_started`: A silent verification has started.
* `delivered`: The message was delivered to the recipient.
* `undeliverable`: The message could not be delivered.
* `expired`: The message expired before it was delivered.
* `silent_verified`: A silent verification succeeded.
* `silent_mismatch`: A silent verification found another number.
* `read`: The recipient read the message. This status comes after `delivered`.
* `unknown`: The status cannot be determined, for lack of information from the carrier or network.
"""

IdentifierType = Union[
    Literal[
        "phone_number",
        "email_address",
    ],
    str,
]
"""The kind of an identifier.

Prelude may add words, so any text can come.

* `phone_number`: A phone number.
* `email_address`: An e-mail address.
"""

Channel = Union[
    Literal[
        "rcs",
        "silent",
        "sms",
        "telegram",
        "viber",
        "voice",
        "whatsapp",
        "zalo",
    ],
    str,
]
"""The channel on which a message reaches the user.

Prelude may add words, so any text can come.

* `rcs`: Rich Communication Services.
* `silent`: Silent network authentication, without a message.
* `sms`: A text message.
* `telegram`: Telegram.
* `viber`: Viber.
* `voice`: A phone call.
* `whatsapp`: WhatsApp.
* `zalo`: Zalo.
"""

MessageStatus = Union[
    Literal[
        "pending",
        "delivered",
        "failed",
        "expired",
        "unknown",
    ],
    str,
]
"""The state of a message's delivery.

Prelude may add words, so any text can come.

* `pending`: The message is on its way.
* `delivered`: The message was delivered.
* `failed`: The message was not delivered; see the reason.
* `expired`: The message expired before it was delivered.
* `unknown`: The status cannot be determined.
"""

FailureReason = Union[
    Literal[
        "unavailable",
        "generic",
        "network",
        "unknown_recipient",
        "insufficient_balance",
        "carrier_rejected",
        "unknown",
    ],
    str,
]
"""The reason why a message was not delivered.

Prelude may add words, so any text can come.

* `unavailable`: The recipient is temporarily unavailable, e.g. without a cell network.
* `generic`: The carrier gave no details.
* `network`: The recipient's carrier network is temporarily unreachable.
* `unknown_recipient`: The number is not that of an active line.
* `insufficient_balance`: Your balance is too low for an attempt.
* `carrier_rejected`: The recipient's carrier blocked the message, e.g. because of its content or a missing
  registration.
* `unknown`: The reason cannot be determined.
"""

SubscriptionAction = Union[
    Literal[
        "STOP",
        "START",
        "HELP",
    ],
    str,
]
"""A keyword that users send.

Prelude may add words, so any text can come.

* `STOP`: Unsubscribes from marketing messages.
* `START`: Subscribes again.
* `HELP`: Asks for information, which Prelude sends automatically.
"""

PasskeyFailureReason = Union[
    Literal[
        "invalid_assertion",
        "sign_count_replay",
        "token_invalid",
        "no_credentials",
    ],
    str,
]
"""The reason why a passkey assertion failed.

Prelude may add words, so any text can come.

* `invalid_assertion`: The assertion was not valid.
* `sign_count_replay`: The authenticator's counter did not advance: the sign of a cloned authenticator.
* `token_invalid`: The challenge token was not valid.
* `no_credentials`: The user has no passkey.
"""

PasskeyUse = Union[
    Literal[
        "step_up",
        "login",
    ],
    str,
]
"""The purpose of a passkey assertion.

Prelude may add words, so any text can come.

* `step_up`: A step-up challenge within a session.
* `login`: A login.
"""

HookFailureReason = Union[
    Literal[
        "request_failed",
        "invalid_status_code",
        "response_decode_failed",
        "missing_external_id",
        "missing_identifiers",
        "invalid_status",
        "missing_steps",
        "invalid_granted_for",
        "invalid_grant_mode",
        "invalid_step",
        "invalid_response",
    ],
    str,
]
"""The reason why a call of a hook could not be completed.

Prelude may add words, so any text can come.

* `request_failed`: The request itself failed: name resolution, connection, TLS, or no answer in time.
* `invalid_status_code`: The hook answered with a status other than 2xx.
* `response_decode_failed`: The answer could not be read as JSON.
* `missing_external_id`: Migration: the answer's user has no `external_id`.
* `missing_identifiers`: Migration: the answer has no identifier for the user.
* `invalid_status`: Step-up: the answer's `status` is missing or not one of the allowed words.
* `missing_steps`: Step-up: the answer asks for a review and has no steps.
* `invalid_granted_for`: Step-up: the answer's `granted_for` is out of bounds.
* `invalid_grant_mode`: Step-up: the answer's `grant_mode` is missing or not one of the allowed words.
* `invalid_step`: Step-up: a step's key or duration is not valid.
* `invalid_response`: The answer is not valid for a reason without a word of its own.
"""

DELIVERY_STAGES: Mapping[str, int] = {
    "submitted": 0,
    "in_transit": 1,
    "silent_started": 1,
    "delivered": 2,
    "undeliverable": 2,
    "expired": 2,
    "silent_verified": 2,
    "silent_mismatch": 2,
    "read": 3,
}
"""A status follows those of lower stages. Words without a stage say nothing about progress."""


class Price(Payload):
    """The cost of a verification or message."""

    __slots__ = (
        "amount",
        "currency",
    )

    amount: Decimal | None
    """The amount, in units of the currency, e.g. `0.009`."""

    currency: str | None
    """The ISO 4217 code, e.g. `EUR`."""

    wire_members = (
        Member("amount", read_decimal),
        Member("currency", read_text),
    )


class VerifyV1AuthenticationPayload(Payload):
    """`authentication`: an authentication was created."""

    __slots__ = (
        "id",
        "auth_uuid",
        "recipient_phone_number",
        "price",
        "time",
        "correlation_id",
    )

    id: str | None
    """The event's id, a UUID."""

    auth_uuid: str | None
    """The authentication, a UUID."""

    recipient_phone_number: str | None
    """The user's number."""

    price: Price | None
    """The fee of the authentication."""

    time: Timestamp | None
    """The time of the event, with an offset of `+0000`."""

    correlation_id: str | None
    """Your own identifier."""

    wire_members = (
        Member("id", read_text),
        Member("auth_uuid", read_text),
        Member("recipient_phone_number", read_text, redacted=True),
        Member("price", read_object(Price)),
        Member("time", read_time),
        Member("correlation_id", read_text),
    )


class VerifyV1AttemptPayload(Payload):
    """`attempt`: a message was sent to the user."""

    __slots__ = (
        "id",
        "auth_uuid",
        "attempt_uuid",
        "recipient_phone_number",
        "delivery_status",
        "price",
        "time",
        "mcc",
        "mnc",
        "correlation_id",
    )

    id: str | None
    """The event's id, a UUID."""

    auth_uuid: str | None
    """The authentication, a UUID."""

    attempt_uuid: str | None
    """The attempt, a UUID."""

    recipient_phone_number: str | None
    """The user's number."""

    delivery_status: DeliveryStatus | None
    """The progress of the message."""

    price: Price | None
    """The price of the message."""

    time: Timestamp | None
    """The time of the event, with an offset of `+0000`."""

    mcc: str | None
    """Mobile country code; digits with leading zeros."""

    mnc: str | None
    """Mobile network code; digits with leading zeros."""

    correlation_id: str | None
    """Your own identifier."""

    wire_members = (
        Member("id", read_text),
        Member("auth_uuid", read_text),
        Member("attempt_uuid", read_text),
        Member("recipient_phone_number", read_text, redacted=True),
        Member("delivery_status", read_text),
        Member("price", read_object(Price)),
        Member("time", read_time),
        Member("mcc", read_text),
        Member("mnc", read_text),
        Member("correlation_id", read_text),
    )


class VerifyV1DeliveryReportPayload(Payload):
    """`delivery_status`: the carrier reported on an attempt."""

    __slots__ = (
        "id",
        "auth_uuid",
        "attempt_uuid",
        "recipient_phone_number",
        "delivery_status",
        "time",
        "mcc",
        "mnc",
        "correlation_id",
    )

    id: str | None
    """The event's id, a UUID."""

    auth_uuid: str | None
    """The authentication, a UUID."""

    attempt_uuid: str | None
    """The attempt, a UUID."""

    recipient_phone_number: str | None
    """The user's number."""

    delivery_status: DeliveryStatus | None
    """The progress of the message."""

    time: Timestamp | None
    """The time of the event, with an offset of `+0000`."""

    mcc: str | None
    """Mobile country code; digits with leading zeros."""

    mnc: str | None
    """Mobile network code; digits with leading zeros."""

    correlation_id: str | None
    """Your own identifier."""

    wire_members = (
        Member("id", read_text),
        Member("auth_uuid", read_text),
        Member("attempt_uuid", read_text),
        Member("recipient_phone_number", read_text, redacted=True),
        Member("delivery_status", read_text),
        Member("time", read_time),
        Member("mcc", read_text),
        Member("mnc", read_text),
        Member("correlation_id", read_text),
    )


class Metadata(Payload):
    """The metadata that you attached to a verification when you created it."""

    __slots__ = (
        "correlation_id",
    )

    correlation_id: str | None
    """Your own identifier."""

    wire_members = (
        Member("correlation_id", read_text, redacted=True),
    )


class Identifier(Payload):
    """A phone number or e-mail address of a user: the target of a verification, or a Session user's identifier."""

    __slots__ = (
        "type",
        "value",
    )

    type: IdentifierType | None
    """The kind: a phone number or an e-mail address."""

    value: str | None
    """The number or address. Do not rely on E.164: the documented examples are masked."""

    wire_members = (
        Member("type", read_text),
        Member("value", read_text, redacted=True),
    )


class VerifyAuthenticationPayload(Payload):
    """`verify.authentication`: a verification was created and billed."""

    __slots__ = (
        "verification_id",
        "metadata",
        "price",
        "target",
        "time",
    )

    verification_id: str | None
    """The verification, `vrf_…`."""

    metadata: Metadata | None
    """The metadata that you attached to the verification."""

    price: Price | None
    """The fee of the verification."""

    target: Identifier | None
    """The user who is verified."""

    time: Timestamp | None
    """The time of the event."""

    wire_members = (
        Member("verification_id", read_text),
        Member("metadata", read_object(Metadata), redacted=True),
        Member("price", read_object(Price)),
        Member("target", read_object(Identifier)),
        Member("time", read_time),
    )


class CarrierInformation(Payload):
    """The mobile network of a phone number."""

    __slots__ = (
        "mcc",
        "mnc",
    )

    mcc: str | None
    """Mobile country code; digits with leading zeros."""

    mnc: str | None
    """Mobile network code; digits with leading zeros."""

    wire_members = (
        Member("mcc", read_text),
        Member("mnc", read_text),
    )


class VerifyAttemptPayload(Payload):
    """`verify.attempt`: a verification attempt was sent to the user."""

    __slots__ = (
        "id",
        "verification_id",
        "delivery_status",
        "carrier_information",
        "channel",
        "metadata",
        "price",
        "target",
        "time",
    )

    id: str | None
    """The attempt, `att_…`."""

    verification_id: str | None
    """The verification, `vrf_…`."""

    delivery_status: DeliveryStatus | None
    """The progress of the attempt."""

    carrier_information: CarrierInformation | None
    """The home network of the number."""

    channel: Channel | None
    """The channel of the attempt. Newer than the other members, and absent from older examples."""

    metadata: Metadata | None
    """The metadata that you attached to the verification."""

    price: Price | None
    """The price of the attempt."""

    target: Identifier | None
    """The user who is verified."""

    time: Timestamp | None
    """The time of the event."""

    wire_members = (
        Member("id", read_text),
        Member("verification_id", read_text),
        Member("delivery_status", read_text),
        Member("carrier_information", read_object(CarrierInformation)),
        Member("channel", read_text),
        Member("metadata", read_object(Metadata), redacted=True),
        Member("price", read_object(Price)),
        Member("target", read_object(Identifier)),
        Member("time", read_time),
    )


class VerifyDeliveryReportPayload(Payload):
    """`verify.delivery_status`: the carrier reported on an attempt."""

    __slots__ = (
        "id",
        "attempt_id",
        "verification_id",
        "status",
        "carrier_information",
        "channel",
        "metadata",
        "price",
        "target",
        "time",
    )

    id: str | None
    """The report, `dls_…`."""

    attempt_id: str | None
    """The attempt, `att_…`."""

    verification_id: str | None
    """The verification, `vrf_…`."""

    status: DeliveryStatus | None
    """The progress of the attempt."""

    carrier_information: CarrierInformation | None
    """The home network of the number."""

    channel: Channel | None
    """The channel of the attempt. Not in the documented example."""

    metadata: Metadata | None
    """The metadata that you attached to the verification."""

    price: Price | None
    """The price of the attempt, the same as in its `verify.attempt`."""

    target: Identifier | None
    """The user who is verified."""

    time: Timestamp | None
    """The time of the event."""

    wire_members = (
        Member("id", read_text),
        Member("attempt_id", read_text),
        Member("verification_id", read_text),
        Member("status", read_text),
        Member("carrier_information", read_object(CarrierInformation)),
        Member("channel", read_text),
        Member("metadata", read_object(Metadata), redacted=True),
        Member("price", read_object(Price)),
        Member("target", read_object(Identifier)),
        Member("time", read_time),
    )


class NotifyCreatedPayload(Payload):
    """`transactional.message.created`: a message was created and accepted."""

    __slots__ = (
        "id",
        "to",
        "created_at",
        "expires_at",
        "customer_uuid",
        "variables",
        "fee",
        "template_id",
        "correlation_id",
    )

    id: str | None
    """The message, `tx_…`."""

    to: str | None
    """The recipient's number."""

    created_at: Timestamp | None
    """The time at which the message was created."""

    expires_at: Timestamp | None
    """The time at which Prelude stops trying to deliver the message."""

    customer_uuid: str | None
    """Your account, a UUID."""

    variables: Any | None
    """The values for the template: an object of strings, kept as received."""

    fee: Price | None
    """The fee of the message."""

    template_id: str | None
    """The template, `template_…`. Newer than the other members."""

    correlation_id: str | None
    """Your own identifier."""

    wire_members = (
        Member("id", read_text),
        Member("to", read_text, redacted=True),
        Member("created_at", read_time),
        Member("expires_at", read_time),
        Member("customer_uuid", read_text),
        Member("variables", read_json, redacted=True),
        Member("fee", read_object(Price)),
        Member("template_id", read_text),
        Member("correlation_id", read_text),
    )


class NotifySubmittedPayload(Payload):
    """`transactional.message.submitted`: a message was handed to the provider."""

    __slots__ = (
        "message_id",
        "attempt_id",
        "created_at",
        "customer_uuid",
        "type",
        "channel",
        "template_id",
        "correlation_id",
    )

    message_id: str | None
    """The message, `tx_…`."""

    attempt_id: str | None
    """The attempt, `att_…`."""

    created_at: Timestamp | None
    """The time at which the message was submitted."""

    customer_uuid: str | None
    """Your account, a UUID."""

    type: str | None
    """The purpose of the message, e.g. `transactional`."""

    channel: Channel | None
    """The channel of the message."""

    template_id: str | None
    """The template, `template_…`."""

    correlation_id: str | None
    """Your own identifier."""

    wire_members = (
        Member("message_id", read_text),
        Member("attempt_id", read_text),
        Member("created_at", read_time),
        Member("customer_uuid", read_text),
        Member("type", read_text),
        Member("channel", read_text),
        Member("template_id", read_text),
        Member("correlation_id", read_text),
    )


class NotifyDeliveryPayload(Payload):
    """`transactional.message.pending_delivery`, `.delivered`, `.failed` and `.unknown`: the state of a delivery."""

    __slots__ = (
        "id",
        "message_id",
        "created_at",
        "customer_uuid",
        "price",
        "status",
        "reason",
        "mcc",
        "mnc",
        "segment_count",
        "correlation_id",
    )

    id: str | None
    """The report, `dls_…`."""

    message_id: str | None
    """The message, `tx_…`."""

    created_at: Timestamp | None
    """The time of the report."""

    customer_uuid: str | None
    """Your account, a UUID."""

    price: Price | None
    """The price of the message."""

    status: MessageStatus | None
    """The state of the delivery."""

    reason: FailureReason | None
    """The reason of the failure. The page announces it, but its example lacks it."""

    mcc: str | None
    """Mobile country code; digits with leading zeros."""

    mnc: str | None
    """Mobile network code; digits with leading zeros."""

    segment_count: int | None
    """The number of parts of the text."""

    correlation_id: str | None
    """Your own identifier."""

    wire_members = (
        Member("id", read_text),
        Member("message_id", read_text),
        Member("created_at", read_time),
        Member("customer_uuid", read_text),
        Member("price", read_object(Price)),
        Member("status", read_text),
        Member("reason", read_text),
        Member("mcc", read_text),
        Member("mnc", read_text),
        Member("segment_count", read_count),
        Member("correlation_id", read_text),
    )


class SubscriptionChangePayload(Payload):
    """`marketing.subscription.stop`, `.start`, `.help` and `.carrier_disconnect`: a subscription changed, or help
    was asked for. Prelude has already acted on it.
    """

    __slots__ = (
        "action",
        "from_",
        "to",
        "received_at",
    )

    action: SubscriptionAction | None
    """The keyword that the user sent."""

    from_: str | None
    """The user's number, E.164."""

    to: str | None
    """Your short code or long code."""

    received_at: Timestamp | None
    """The time at which the keyword came in."""

    wire_members = (
        Member("action", read_text),
        Member("from", read_text, redacted=True),
        Member("to", read_text, redacted=True),
        Member("received_at", read_time),
    )


class InboundMessagePayload(Payload):
    """`inbound.message.received`: a user sent a message to your WhatsApp Business number."""

    __slots__ = (
        "id",
        "channel",
        "from_",
        "to",
        "text",
        "expires_at",
    )

    id: str | None
    """The inbound message, `im_…`, to which a reply refers."""

    channel: Channel | None
    """The channel of the message, currently always WhatsApp."""

    from_: str | None
    """The user's number, E.164. A reply must go to this number."""

    to: str | None
    """Your number."""

    text: str | None
    """The text that the user wrote."""

    expires_at: Timestamp | None
    """The end of the 24 hours in which a reply is allowed."""

    wire_members = (
        Member("id", read_text),
        Member("channel", read_text),
        Member("from", read_text, redacted=True),
        Member("to", read_text, redacted=True),
        Member("text", read_text, redacted=True),
        Member("expires_at", read_time),
    )


class SessionUserCreatedPayload(Payload):
    """`user.created`: a user was created."""

    __slots__ = (
        "user_id",
        "identifiers",
        "profile",
        "source",
        "created_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    identifiers: tuple[Identifier, ...] | None
    """The identifiers that the user signs in with."""

    profile: Any | None
    """The profile, an object that the app defines, kept as received."""

    source: str | None
    """The origin of the user, e.g. `api`."""

    created_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("identifiers", read_list(read_object(Identifier))),
        Member("profile", read_json, redacted=True),
        Member("source", read_text),
        Member("created_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionUserDeletedPayload(Payload):
    """`user.deleted`: a user was deleted."""

    __slots__ = (
        "user_id",
        "deleted_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    deleted_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("deleted_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionUserProfileUpdatedPayload(Payload):
    """`user.profile.updated`: a user's profile was updated."""

    __slots__ = (
        "user_id",
        "profile",
        "updated_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    profile: Any | None
    """The profile, an object that the app defines, kept as received."""

    updated_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("profile", read_json, redacted=True),
        Member("updated_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionUserIdentifierCreatedPayload(Payload):
    """`user.identifier.created`: an identifier was added to a user."""

    __slots__ = (
        "user_id",
        "identifier",
        "created_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    identifier: Identifier | None
    """The new identifier."""

    created_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("identifier", read_object(Identifier)),
        Member("created_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionUserIdentifierDeletedPayload(Payload):
    """`user.identifier.deleted`: an identifier of a user was deleted."""

    __slots__ = (
        "user_id",
        "identifier",
        "deleted_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    identifier: Identifier | None
    """The deleted identifier."""

    deleted_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("identifier", read_object(Identifier)),
        Member("deleted_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionUserSessionCreatedPayload(Payload):
    """`user.session.created`: a user's session was created."""

    __slots__ = (
        "user_id",
        "session_id",
        "identifier",
        "metadata",
        "created_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    session_id: str | None
    """The session, `ses_…`."""

    identifier: Identifier | None
    """The identifier that the user signed in with."""

    metadata: Any | None
    """Data about the session, kept as received."""

    created_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("session_id", read_text),
        Member("identifier", read_object(Identifier)),
        Member("metadata", read_json, redacted=True),
        Member("created_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionUserSessionRevokedPayload(Payload):
    """`user.session.revoked`: a user's session was revoked."""

    __slots__ = (
        "user_id",
        "session_id",
        "revoked_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    session_id: str | None
    """The session, `ses_…`."""

    revoked_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("session_id", read_text),
        Member("revoked_at", read_time),
        Member("correlation_id", read_text),
    )


class PasskeyCredential(Payload):
    """A passkey, with members that help a user to recognise it. The page describes the members without naming
    them.
    """

    __slots__ = (
        "nickname",
        "transports",
        "backup_state",
    )

    nickname: str | None
    """The label that the user gave it."""

    transports: tuple[str, ...] | None
    """The transports of the authenticator, in WebAuthn's words, e.g. `internal` or `hybrid`."""

    backup_state: Any | None
    """The backup state of the passkey. Its form is not documented."""

    wire_members = (
        Member("nickname", read_text, redacted=True),
        Member("transports", read_list(read_text)),
        Member("backup_state", read_json, redacted=True),
    )


class SessionUserPasskeyRegisteredPayload(Payload):
    """`user.passkey.registered`: a user registered a passkey. Prelude does not report the same passkey twice."""

    __slots__ = (
        "user_id",
        "session_id",
        "credential",
        "registered_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    session_id: str | None
    """The session, `ses_…`."""

    credential: PasskeyCredential | None
    """The passkey."""

    registered_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("session_id", read_text),
        Member("credential", read_object(PasskeyCredential)),
        Member("registered_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionUserPasskeyDeletedPayload(Payload):
    """`user.passkey.deleted`: a user's passkey was deleted."""

    __slots__ = (
        "user_id",
        "session_id",
        "credential",
        "deleted_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    session_id: str | None
    """The session, `ses_…`; absent if all passkeys are revoked in response to a compromise."""

    credential: PasskeyCredential | None
    """The passkey."""

    deleted_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("session_id", read_text),
        Member("credential", read_object(PasskeyCredential)),
        Member("deleted_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionUserPasskeyAssertionFailedPayload(Payload):
    """`user.passkey.assertion_failed`: a passkey assertion failed."""

    __slots__ = (
        "user_id",
        "session_id",
        "credential_id",
        "reason",
        "source",
        "occurred_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`, if known."""

    session_id: str | None
    """The session, `ses_…`, if there is one."""

    credential_id: str | None
    """The passkey, if one was named."""

    reason: PasskeyFailureReason | None
    """The reason of the failure."""

    source: PasskeyUse | None
    """The purpose of the assertion."""

    occurred_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("session_id", read_text),
        Member("credential_id", read_text),
        Member("reason", read_text),
        Member("source", read_text),
        Member("occurred_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionMigrationHookFailedPayload(Payload):
    """`migration.hook_failed`: a call of your migration hook could not be completed. It names no user."""

    __slots__ = (
        "reason",
        "occurred_at",
        "correlation_id",
    )

    reason: HookFailureReason | None
    """The reason of the failure."""

    occurred_at: Timestamp | None
    """The time of the event."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("reason", read_text),
        Member("occurred_at", read_time),
        Member("correlation_id", read_text),
    )


class SessionStepUpHookFailedPayload(Payload):
    """`step_up.hook_failed`: a call of your step-up delegation hook could not be completed."""

    __slots__ = (
        "user_id",
        "reason",
        "occurred_at",
        "correlation_id",
    )

    user_id: str | None
    """The user, `usr_…`."""

    reason: HookFailureReason | None
    """The reason of the failure."""

    occurred_at: Timestamp | None
    """The time of the event. The name is inferred from the migration hook's."""

    correlation_id: str | None
    """Prelude's identifier that ties related events together, `corr_…`."""

    wire_members = (
        Member("user_id", read_text),
        Member("reason", read_text),
        Member("occurred_at", read_time),
        Member("correlation_id", read_text),
    )


class V1Authentication(KnownEvent):
    """`authentication`: An authentication was created (deprecated Verify V1)."""

    __slots__ = ()

    payload: VerifyV1AuthenticationPayload

    type: ClassVar[Literal["authentication"]] = "authentication"
    source: ClassVar[Literal["verify_v1"]] = "verify_v1"


class V1Attempt(KnownEvent):
    """`attempt`: A message was sent to the user (deprecated Verify V1)."""

    __slots__ = ()

    payload: VerifyV1AttemptPayload

    type: ClassVar[Literal["attempt"]] = "attempt"
    source: ClassVar[Literal["verify_v1"]] = "verify_v1"


class V1DeliveryStatus(KnownEvent):
    """`delivery_status`: The carrier reported a delivery status (deprecated Verify V1)."""

    __slots__ = ()

    payload: VerifyV1DeliveryReportPayload

    type: ClassVar[Literal["delivery_status"]] = "delivery_status"
    source: ClassVar[Literal["verify_v1"]] = "verify_v1"


class VerifyAuthentication(KnownEvent):
    """`verify.authentication`: A verification was created and billed."""

    __slots__ = ()

    payload: VerifyAuthenticationPayload

    type: ClassVar[Literal["verify.authentication"]] = "verify.authentication"
    source: ClassVar[Literal["verify"]] = "verify"


class VerifyAttempt(KnownEvent):
    """`verify.attempt`: A verification attempt was sent to the user."""

    __slots__ = ()

    payload: VerifyAttemptPayload

    type: ClassVar[Literal["verify.attempt"]] = "verify.attempt"
    source: ClassVar[Literal["verify"]] = "verify"


class VerifyDeliveryStatus(KnownEvent):
    """`verify.delivery_status`: The carrier reported the delivery status of an attempt."""

    __slots__ = ()

    payload: VerifyDeliveryReportPayload

    type: ClassVar[Literal["verify.delivery_status"]] = "verify.delivery_status"
    source: ClassVar[Literal["verify"]] = "verify"


class TransactionalMessageCreated(KnownEvent):
    """`transactional.message.created`: A message was created and accepted."""

    __slots__ = ()

    payload: NotifyCreatedPayload

    type: ClassVar[Literal["transactional.message.created"]] = "transactional.message.created"
    source: ClassVar[Literal["notify"]] = "notify"


class TransactionalMessageSubmitted(KnownEvent):
    """`transactional.message.submitted`: A message was handed to the provider."""

    __slots__ = ()

    payload: NotifySubmittedPayload

    type: ClassVar[Literal["transactional.message.submitted"]] = "transactional.message.submitted"
    source: ClassVar[Literal["notify"]] = "notify"


class TransactionalMessagePendingDelivery(KnownEvent):
    """`transactional.message.pending_delivery`: A message is pending delivery."""

    __slots__ = ()

    payload: NotifyDeliveryPayload

    type: ClassVar[Literal["transactional.message.pending_delivery"]] = "transactional.message.pending_delivery"
    source: ClassVar[Literal["notify"]] = "notify"


class TransactionalMessageDelivered(KnownEvent):
    """`transactional.message.delivered`: A message was delivered."""

    __slots__ = ()

    payload: NotifyDeliveryPayload

    type: ClassVar[Literal["transactional.message.delivered"]] = "transactional.message.delivered"
    source: ClassVar[Literal["notify"]] = "notify"


class TransactionalMessageFailed(KnownEvent):
    """`transactional.message.failed`: The delivery of a message failed; status and reason say how. Prelude may
    still try again.
    """

    __slots__ = ()

    payload: NotifyDeliveryPayload

    type: ClassVar[Literal["transactional.message.failed"]] = "transactional.message.failed"
    source: ClassVar[Literal["notify"]] = "notify"


class TransactionalMessageUnknown(KnownEvent):
    """`transactional.message.unknown`: The delivery of a message cannot be determined."""

    __slots__ = ()

    payload: NotifyDeliveryPayload

    type: ClassVar[Literal["transactional.message.unknown"]] = "transactional.message.unknown"
    source: ClassVar[Literal["notify"]] = "notify"


class MarketingSubscriptionStop(KnownEvent):
    """`marketing.subscription.stop`: A user opted out by the STOP keyword."""

    __slots__ = ()

    payload: SubscriptionChangePayload

    type: ClassVar[Literal["marketing.subscription.stop"]] = "marketing.subscription.stop"
    source: ClassVar[Literal["notify"]] = "notify"


class MarketingSubscriptionStart(KnownEvent):
    """`marketing.subscription.start`: A user opted back in by the START keyword."""

    __slots__ = ()

    payload: SubscriptionChangePayload

    type: ClassVar[Literal["marketing.subscription.start"]] = "marketing.subscription.start"
    source: ClassVar[Literal["notify"]] = "notify"


class MarketingSubscriptionHelp(KnownEvent):
    """`marketing.subscription.help`: A user asked for help by the HELP keyword."""

    __slots__ = ()

    payload: SubscriptionChangePayload

    type: ClassVar[Literal["marketing.subscription.help"]] = "marketing.subscription.help"
    source: ClassVar[Literal["notify"]] = "notify"


class MarketingSubscriptionCarrierDisconnect(KnownEvent):
    """`marketing.subscription.carrier_disconnect`: The carrier reported a number as disconnected; it was
    unsubscribed automatically.
    """

    __slots__ = ()

    payload: SubscriptionChangePayload

    type: ClassVar[Literal["marketing.subscription.carrier_disconnect"]] = "marketing.subscription.carrier_disconnect"
    source: ClassVar[Literal["notify"]] = "notify"


class InboundMessageReceived(KnownEvent):
    """`inbound.message.received`: A user sent a message to your WhatsApp Business number."""

    __slots__ = ()

    payload: InboundMessagePayload

    type: ClassVar[Literal["inbound.message.received"]] = "inbound.message.received"
    source: ClassVar[Literal["notify"]] = "notify"


class UserCreated(KnownEvent):
    """`user.created`: A user was created, from the frontend or the management API."""

    __slots__ = ()

    payload: SessionUserCreatedPayload

    type: ClassVar[Literal["user.created"]] = "user.created"
    source: ClassVar[Literal["session"]] = "session"


class UserDeleted(KnownEvent):
    """`user.deleted`: A user was deleted."""

    __slots__ = ()

    payload: SessionUserDeletedPayload

    type: ClassVar[Literal["user.deleted"]] = "user.deleted"
    source: ClassVar[Literal["session"]] = "session"


class UserProfileUpdated(KnownEvent):
    """`user.profile.updated`: A user's profile was updated."""

    __slots__ = ()

    payload: SessionUserProfileUpdatedPayload

    type: ClassVar[Literal["user.profile.updated"]] = "user.profile.updated"
    source: ClassVar[Literal["session"]] = "session"


class UserIdentifierCreated(KnownEvent):
    """`user.identifier.created`: An identifier was added to a user."""

    __slots__ = ()

    payload: SessionUserIdentifierCreatedPayload

    type: ClassVar[Literal["user.identifier.created"]] = "user.identifier.created"
    source: ClassVar[Literal["session"]] = "session"


class UserIdentifierDeleted(KnownEvent):
    """`user.identifier.deleted`: An identifier of a user was deleted."""

    __slots__ = ()

    payload: SessionUserIdentifierDeletedPayload

    type: ClassVar[Literal["user.identifier.deleted"]] = "user.identifier.deleted"
    source: ClassVar[Literal["session"]] = "session"


class UserSessionCreated(KnownEvent):
    """`user.session.created`: A user's session was created."""

    __slots__ = ()

    payload: SessionUserSessionCreatedPayload

    type: ClassVar[Literal["user.session.created"]] = "user.session.created"
    source: ClassVar[Literal["session"]] = "session"


class UserSessionRevoked(KnownEvent):
    """`user.session.revoked`: A user's session was revoked."""

    __slots__ = ()

    payload: SessionUserSessionRevokedPayload

    type: ClassVar[Literal["user.session.revoked"]] = "user.session.revoked"
    source: ClassVar[Literal["session"]] = "session"


class UserPasskeyRegistered(KnownEvent):
    """`user.passkey.registered`: A user registered a passkey."""

    __slots__ = ()

    payload: SessionUserPasskeyRegisteredPayload

    type: ClassVar[Literal["user.passkey.registered"]] = "user.passkey.registered"
    source: ClassVar[Literal["session"]] = "session"


class UserPasskeyDeleted(KnownEvent):
    """`user.passkey.deleted`: A user's passkey was deleted."""

    __slots__ = ()

    payload: SessionUserPasskeyDeletedPayload

    type: ClassVar[Literal["user.passkey.deleted"]] = "user.passkey.deleted"
    source: ClassVar[Literal["session"]] = "session"


class UserPasskeyAssertionFailed(KnownEvent):
    """`user.passkey.assertion_failed`: A passkey assertion failed."""

    __slots__ = ()

    payload: SessionUserPasskeyAssertionFailedPayload

    type: ClassVar[Literal["user.passkey.assertion_failed"]] = "user.passkey.assertion_failed"
    source: ClassVar[Literal["session"]] = "session"


class MigrationHookFailed(KnownEvent):
    """`migration.hook_failed`: A call of your migration hook could not be completed."""

    __slots__ = ()

    payload: SessionMigrationHookFailedPayload

    type: ClassVar[Literal["migration.hook_failed"]] = "migration.hook_failed"
    source: ClassVar[Literal["session"]] = "session"


class StepUpHookFailed(KnownEvent):
    """`step_up.hook_failed`: A call of your step-up delegation hook could not be completed."""

    __slots__ = ()

    payload: SessionStepUpHookFailedPayload

    type: ClassVar[Literal["step_up.hook_failed"]] = "step_up.hook_failed"
    source: ClassVar[Literal["session"]] = "session"


Event = Union[
    V1Authentication,
    V1Attempt,
    V1DeliveryStatus,
    VerifyAuthentication,
    VerifyAttempt,
    VerifyDeliveryStatus,
    TransactionalMessageCreated,
    TransactionalMessageSubmitted,
    TransactionalMessagePendingDelivery,
    TransactionalMessageDelivered,
    TransactionalMessageFailed,
    TransactionalMessageUnknown,
    MarketingSubscriptionStop,
    MarketingSubscriptionStart,
    MarketingSubscriptionHelp,
    MarketingSubscriptionCarrierDisconnect,
    InboundMessageReceived,
    UserCreated,
    UserDeleted,
    UserProfileUpdated,
    UserIdentifierCreated,
    UserIdentifierDeleted,
    UserSessionCreated,
    UserSessionRevoked,
    UserPasskeyRegistered,
    UserPasskeyDeleted,
    UserPasskeyAssertionFailed,
    MigrationHookFailed,
    StepUpHookFailed,
    UnknownEvent,
]
"""An event. `isinstance` and `match` distinguish the types."""

TABLE: Mapping[str, tuple[Callable[..., Event], Callable[[Any], Payload]]] = {
    "authentication": (V1Authentication, read_object(VerifyV1AuthenticationPayload)),
    "attempt": (V1Attempt, read_object(VerifyV1AttemptPayload)),
    "delivery_status": (V1DeliveryStatus, read_object(VerifyV1DeliveryReportPayload)),
    "verify.authentication": (VerifyAuthentication, read_object(VerifyAuthenticationPayload)),
    "verify.attempt": (VerifyAttempt, read_object(VerifyAttemptPayload)),
    "verify.delivery_status": (VerifyDeliveryStatus, read_object(VerifyDeliveryReportPayload)),
    "transactional.message.created": (TransactionalMessageCreated, read_object(NotifyCreatedPayload)),
    "transactional.message.submitted": (TransactionalMessageSubmitted, read_object(NotifySubmittedPayload)),
    "transactional.message.pending_delivery": (TransactionalMessagePendingDelivery, read_object(NotifyDeliveryPayload)),
    "transactional.message.delivered": (TransactionalMessageDelivered, read_object(NotifyDeliveryPayload)),
    "transactional.message.failed": (TransactionalMessageFailed, read_object(NotifyDeliveryPayload)),
    "transactional.message.unknown": (TransactionalMessageUnknown, read_object(NotifyDeliveryPayload)),
    "marketing.subscription.stop": (MarketingSubscriptionStop, read_object(SubscriptionChangePayload)),
    "marketing.subscription.start": (MarketingSubscriptionStart, read_object(SubscriptionChangePayload)),
    "marketing.subscription.help": (MarketingSubscriptionHelp, read_object(SubscriptionChangePayload)),
    "marketing.subscription.carrier_disconnect": (MarketingSubscriptionCarrierDisconnect, read_object(SubscriptionChangePayload)),
    "inbound.message.received": (InboundMessageReceived, read_object(InboundMessagePayload)),
    "user.created": (UserCreated, read_object(SessionUserCreatedPayload)),
    "user.deleted": (UserDeleted, read_object(SessionUserDeletedPayload)),
    "user.profile.updated": (UserProfileUpdated, read_object(SessionUserProfileUpdatedPayload)),
    "user.identifier.created": (UserIdentifierCreated, read_object(SessionUserIdentifierCreatedPayload)),
    "user.identifier.deleted": (UserIdentifierDeleted, read_object(SessionUserIdentifierDeletedPayload)),
    "user.session.created": (UserSessionCreated, read_object(SessionUserSessionCreatedPayload)),
    "user.session.revoked": (UserSessionRevoked, read_object(SessionUserSessionRevokedPayload)),
    "user.passkey.registered": (UserPasskeyRegistered, read_object(SessionUserPasskeyRegisteredPayload)),
    "user.passkey.deleted": (UserPasskeyDeleted, read_object(SessionUserPasskeyDeletedPayload)),
    "user.passkey.assertion_failed": (UserPasskeyAssertionFailed, read_object(SessionUserPasskeyAssertionFailedPayload)),
    "migration.hook_failed": (MigrationHookFailed, read_object(SessionMigrationHookFailedPayload)),
    "step_up.hook_failed": (StepUpHookFailed, read_object(SessionStepUpHookFailedPayload)),
}
"""The class of each type, and the reader of its payload."""
