"""A consumer of the receiver's queues on AWS Lambda, over Powertools for AWS Lambda: `handler = Consumer(…)`."""

from __future__ import annotations

try:
    from ._consumer import Consumer, message_attributes
    from ._errors import RecordError
except ModuleNotFoundError as error:
    if error.name is None or error.name.startswith("prelude_events"):
        raise
    raise ImportError(
        f"module {error.name} is missing: expected the extra `powertools`; pip install 'prelude-events[powertools]'",
        name=error.name,
    ) from error

__all__ = ["Consumer", "RecordError", "message_attributes"]
