from __future__ import annotations

from prelude_events import Timestamp
from prelude_events.powertools import RecordError


def time_of(*times: Timestamp | None) -> tuple[Timestamp, int]:
    """The first time that can be read, and its nanoseconds since 1970."""
    for time in times:
        nanos = None if time is None else time.unix_nanos()
        if time is not None and nanos is not None:
            return time, nanos
    raise RecordError("event has no time that can be read: expected RFC 3339")
