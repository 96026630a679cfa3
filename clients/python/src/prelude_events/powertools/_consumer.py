from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.utilities.batch import process_partial_response  # pyright: ignore[reportUnknownVariableType]
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from .._attributes import Attributes, attribute, idempotency_key
from .._dispatcher import Dispatcher
from .._parse import parse
from .._types import Event
from ._errors import HandleError, NotStarted, RecordError
from ._processor import attributes_of, processor_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

if "key_prefix" not in inspect.signature(idempotent_function).parameters:
    # Such a version ignores the prefix, and all consumers of a function would share their keys.
    raise ImportError("aws-lambda-powertools is too old: expected 3.5 or newer")

_attributes: ContextVar[Attributes] = ContextVar("message attributes")


def message_attributes() -> Attributes:
    """The attributes of the message whose event is being handled, e.g. `authentication`, as Lambda spells them.

    Raises `LookupError` outside of a handler.
    """
    return _attributes.get()


class Consumer:
    """A Lambda handler of an event source mapping with `ReportBatchItemFailures`, for standard and FIFO queues.

    Each record is parsed alone. Its event is claimed in the table, handled, and then marked as completed. A record that
    fails is reported, and SQS delivers it again. Of each event the table holds only a hash of its key, times and a status.
    """

    def __init__(
        self,
        handle: Callable[[Event], object] | Dispatcher[Any],
        *,
        name: str,
        table: str,
        expires_after: timedelta = timedelta(days=30),
        client: Any = None,
    ) -> None:
        """Prepares a consumer, once for each process.

        `handle` gets each event, known or not. What it returns is neither used nor stored. What it raises fails the
        record. `name` begins each id in the table, so that consumers that share a table never suppress each other.
        `table` is a DynamoDB table in Powertools' schema. A second delivery of an event is suppressed until `expires_after`:
        Prelude retries for two weeks, and queues keep messages for two more. `client` is a DynamoDB client of boto3, by
        default a new one.
        """
        call = cast("Callable[[Event], object]", handle.dispatch if isinstance(handle, Dispatcher) else handle)
        if not callable(call):
            raise TypeError("handle cannot be called: expected a function of an event, or a Dispatcher")
        if inspect.iscoroutinefunction(call):
            raise TypeError("handle is asynchronous: expected a function that returns when the work is done")
        for argument, value in (("name", name), ("table", table)):
            # An empty prefix would make Powertools take the name of a Python function.
            if not isinstance(value, str) or not value.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ValueError(f"{argument} is empty: expected a text")
        if expires_after < timedelta(seconds=1):
            raise ValueError("expires_after is too short: expected a second or more")
        self._handle = call
        self._name = name
        self._expires_after = int(expires_after.total_seconds())
        self._table = DynamoDBPersistenceLayer(table, boto3_client=client)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Handles a batch, and reports the records that failed or were not started.

        An error outside of any record is raised, because an empty report means success.
        """
        if not callable(getattr(context, "get_remaining_time_in_millis", None)):
            # Claims without an end would block an event after a crash.
            raise TypeError("context has no get_remaining_time_in_millis: expected Lambda's context")
        return process_partial_response(
            event=event, record_handler=self._starter(context), processor=processor_of(event, self._name)
        )

    def _starter(self, context: LambdaContext) -> Callable[[SQSRecord], None]:
        """A function that handles a record of one invocation if the time suffices."""
        once = self._once(context)
        last_took = 0.0

        def start(record: SQSRecord) -> None:
            nonlocal last_took
            if context.get_remaining_time_in_millis() < last_took:
                raise NotStarted("time left is less than the last record took")
            started = time.monotonic()
            try:
                _process(record, once)
            finally:
                last_took = (time.monotonic() - started) * 1_000

        return start

    def _once(self, context: LambdaContext) -> Callable[..., None]:
        """Claims a key until the invocation's deadline, handles the event, and completes the key."""
        # A configuration of its own: invocations must not share a deadline.
        config = IdempotencyConfig(
            expires_after_seconds=self._expires_after, lambda_context=context, raise_on_no_idempotency_key=True
        )

        def run(*, key: str, event: Event) -> None:
            # Powertools stores what this returns.
            self._run(event)

        once = idempotent_function(
            run, data_keyword_argument="key", persistence_store=self._table, config=config, key_prefix=self._name
        )
        return cast("Callable[..., None]", once)

    def _run(self, event: Event) -> None:
        failure: Exception
        try:
            result = self._handle(event)
            if not inspect.isawaitable(result):
                return
            _discard(result)
            failure = RecordError("handle returned before its work was done: expected no coroutine")
        except (KeyboardInterrupt, RecordError):
            raise
        except BaseException as error:
            # Others than `Exception`, e.g. of `sys.exit`, would end the batch.
            failure = HandleError(error)
        # Outside of the block, because Python would chain the handler's error.
        raise failure


def _process(record: SQSRecord, once: Callable[..., None]) -> None:
    attributes = attributes_of(record)
    if not attribute(attributes, "event_id"):
        raise RecordError("attribute event_id is missing or empty: expected a message of the receiver")
    event = parse(record.raw_event.get("body") or "")
    token = _attributes.set(attributes)
    try:
        once(key=idempotency_key(attributes), event=event)
    finally:
        _attributes.reset(token)


def _discard(result: Awaitable[object]) -> None:
    """Closes a coroutine, which would otherwise warn that nobody awaited it."""
    if inspect.iscoroutine(result):
        result.close()
