"""What every event has, whatever its type."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from ._record import Record
from ._timestamp import Timestamp


class EventBase(Record):
    """An event: the body of one message."""

    __slots__ = ("id", "created_at", "payload", "raw")

    id: str | None
    """The event's own id, `evt_…`. Events of several types can share it: see `idempotency_key`."""
    created_at: Timestamp | None
    """The time at which Prelude created the event. Verify V1 has `time` in the payload instead."""
    payload: Any
    raw: str
    """The body itself, with everything that the classes do not cover."""


class KnownEvent(EventBase):
    """An event of a type that this version knows."""

    __slots__ = ()

    known: ClassVar[Literal[True]] = True

    def __repr__(self) -> str:
        shown = f"id={self.id!r}, created_at={self.created_at!r}, payload={self.payload!r}"
        return f"{type(self).__name__}({shown})"


class UnknownEvent(EventBase):
    """An event of a type that is newer than this version."""

    __slots__ = ("type",)

    type: str
    """The type as received."""
    payload: Any
    """The payload as received: `dict`, `list`, `str`, `int`, `Decimal`, `bool` or `None`."""

    known: ClassVar[Literal[False]] = False
    source: ClassVar[None] = None

    def __repr__(self) -> str:
        return f"UnknownEvent(type={self.type!r}, id={self.id!r}, created_at={self.created_at!r}, payload=<redacted>)"
