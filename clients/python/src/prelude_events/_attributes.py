from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

Attributes = Mapping[str, Any]
"""Message attributes, as a Lambda event (`stringValue`) or an AWS SDK (`StringValue`) spells them."""

_IDENTITY = ("source", "app_id", "event_type", "event_id")


def attribute(attributes: Attributes | None, name: str) -> str | None:
    """The value of a message attribute; `None` if it is absent."""
    value: Any = attributes.get(name) if attributes else None
    if isinstance(value, Mapping):
        spellings = cast("Mapping[str, Any]", value)
        value = spellings.get("stringValue") or spellings.get("StringValue")
    return value if isinstance(value, str) else None


def idempotency_key(attributes: Attributes | None) -> str:
    """`<source>#<app_id>#<event_type>#<event_id>`, the same for every copy of an event. Absent values are empty.

    SQS's message id is no substitute, because a retry of Prelude is a new message. SQS returns attributes only on
    request (`MessageAttributeNames=["All"]`): without them the keys of all events are equal. Lambda requests them.
    """
    return "#".join(attribute(attributes, name) or "" for name in _IDENTITY)
