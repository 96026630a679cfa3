# Written by `cargo prelude clients` from the table of event types. Do not edit it.

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

from ._dispatch import DispatcherBase, T
from ._types import (
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
)


class Dispatcher(DispatcherBase[T]):
    """Calls the handler of each event's type.

    The fallback gets every event without a handler: of a type that is newer than this version, and of a known type
    that nobody registered. It has to decide, so it cannot be left out.
    """

    @overload
    def on(self, type: Literal["authentication"], handler: Callable[[V1Authentication], T]) -> None: ...

    @overload
    def on(self, type: Literal["attempt"], handler: Callable[[V1Attempt], T]) -> None: ...

    @overload
    def on(self, type: Literal["delivery_status"], handler: Callable[[V1DeliveryStatus], T]) -> None: ...

    @overload
    def on(self, type: Literal["verify.authentication"], handler: Callable[[VerifyAuthentication], T]) -> None: ...

    @overload
    def on(self, type: Literal["verify.attempt"], handler: Callable[[VerifyAttempt], T]) -> None: ...

    @overload
    def on(self, type: Literal["verify.delivery_status"], handler: Callable[[VerifyDeliveryStatus], T]) -> None: ...

    @overload
    def on(self, type: Literal["transactional.message.created"], handler: Callable[[TransactionalMessageCreated], T]) -> None: ...

    @overload
    def on(self, type: Literal["transactional.message.submitted"], handler: Callable[[TransactionalMessageSubmitted], T]) -> None: ...

    @overload
    def on(self, type: Literal["transactional.message.pending_delivery"], handler: Callable[[TransactionalMessagePendingDelivery], T]) -> None: ...

    @overload
    def on(self, type: Literal["transactional.message.delivered"], handler: Callable[[TransactionalMessageDelivered], T]) -> None: ...

    @overload
    def on(self, type: Literal["transactional.message.failed"], handler: Callable[[TransactionalMessageFailed], T]) -> None: ...

    @overload
    def on(self, type: Literal["transactional.message.unknown"], handler: Callable[[TransactionalMessageUnknown], T]) -> None: ...

    @overload
    def on(self, type: Literal["marketing.subscription.stop"], handler: Callable[[MarketingSubscriptionStop], T]) -> None: ...

    @overload
    def on(self, type: Literal["marketing.subscription.start"], handler: Callable[[MarketingSubscriptionStart], T]) -> None: ...

    @overload
    def on(self, type: Literal["marketing.subscription.help"], handler: Callable[[MarketingSubscriptionHelp], T]) -> None: ...

    @overload
    def on(self, type: Literal["marketing.subscription.carrier_disconnect"], handler: Callable[[MarketingSubscriptionCarrierDisconnect], T]) -> None: ...

    @overload
    def on(self, type: Literal["inbound.message.received"], handler: Callable[[InboundMessageReceived], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.created"], handler: Callable[[UserCreated], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.deleted"], handler: Callable[[UserDeleted], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.profile.updated"], handler: Callable[[UserProfileUpdated], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.identifier.created"], handler: Callable[[UserIdentifierCreated], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.identifier.deleted"], handler: Callable[[UserIdentifierDeleted], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.session.created"], handler: Callable[[UserSessionCreated], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.session.revoked"], handler: Callable[[UserSessionRevoked], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.passkey.registered"], handler: Callable[[UserPasskeyRegistered], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.passkey.deleted"], handler: Callable[[UserPasskeyDeleted], T]) -> None: ...

    @overload
    def on(self, type: Literal["user.passkey.assertion_failed"], handler: Callable[[UserPasskeyAssertionFailed], T]) -> None: ...

    @overload
    def on(self, type: Literal["migration.hook_failed"], handler: Callable[[MigrationHookFailed], T]) -> None: ...

    @overload
    def on(self, type: Literal["step_up.hook_failed"], handler: Callable[[StepUpHookFailed], T]) -> None: ...

    def on(self, type: str, handler: Callable[[Any], T]) -> None:
        """Registers the handler of an event type.

        Raises `RegistrationError` if the type has a handler already, if an event was dispatched already, or if this
        version does not know the type.
        """
        self._register(type, handler)
