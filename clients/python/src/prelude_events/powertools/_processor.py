from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, SqsFifoPartialProcessor
from aws_lambda_powertools.utilities.batch.exceptions import SQSFifoMessageGroupCircuitBreakerError
from aws_lambda_powertools.utilities.idempotency.exceptions import BaseError as IdempotencyError

from .._attributes import Attributes, attribute
from .._errors import ParseError
from ._errors import HandleError, NotStarted, RecordError, name_of, stack_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch import ExceptionInfo, FailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

# A name of its own: Powertools hides the records of loggers whose names contain it from the root logger's handlers.
logger = Logger(service="prelude_events", location=None)


def processor_of(event: dict[str, Any], consumer: str) -> BatchProcessor:
    """The batch processor for the queue of an invocation. It reports failures even if every record failed."""
    records: list[dict[str, Any]] | None = event.get("Records")
    if not records:
        # Older versions of Powertools report success.
        raise ValueError("event has no records: expected an event of SQS")
    source: Any = records[0].get("eventSourceARN")
    processor: _Standard | _Fifo
    if isinstance(source, str) and source.endswith(".fifo"):
        processor = _Fifo(skip_group_on_error=True)
    else:
        processor = _Standard(EventType.SQS)
    # Powertools' FIFO processor does not take this in its constructor.
    processor.raise_on_entire_batch_failure = False
    processor.consumer = consumer
    return processor


def attributes_of(record: SQSRecord) -> Attributes:
    """The message attributes as Lambda spells them; none if they are not an object."""
    attributes: Any = record.raw_event.get("messageAttributes")
    return cast("Attributes", attributes) if isinstance(attributes, dict) else {}


class _Failures(BatchProcessor):
    """Logs each failed record, without the texts of errors that may hold personal data."""

    consumer = ""

    def failure_handler(self, record: Any, exception: ExceptionInfo) -> FailureResponse:
        attributes = attributes_of(record)
        keys: dict[str, Any] = {
            "consumer": self.consumer,
            "message_id": record.raw_event.get("messageId"),
            "event_type": attribute(attributes, "event_type"),
            "event_id": attribute(attributes, "event_id"),
            **_about(exception[1]),
        }
        if isinstance(exception[1], _NOT_STARTED):
            logger.warning("record not started", extra=keys)
        else:
            logger.error("record failed", extra=keys)
        return super().failure_handler(record, exception)  # pyright: ignore[reportUnknownMemberType]


class _Standard(_Failures):
    pass


class _Fifo(_Failures, SqsFifoPartialProcessor):
    """Stops at the first failure of a group. Other groups go on."""


_NOT_STARTED = (NotStarted, SQSFifoMessageGroupCircuitBreakerError)

_SAFE = (NotStarted, ParseError, RecordError, IdempotencyError, SQSFifoMessageGroupCircuitBreakerError)
"""Errors of this package and of Powertools. None of their texts holds a value of a message."""


def _about(error: BaseException | None) -> dict[str, Any]:
    if isinstance(error, HandleError):
        return {"error": error.error, "stack": error.stack}
    if error is None or isinstance(error, _SAFE):
        return {"error": type(error).__name__, "reason": str(error)}
    return {"error": name_of(error), "stack": stack_of(error)}
