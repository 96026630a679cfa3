from __future__ import annotations

from typing import Any

from ._errors import ParseError, Problem
from ._event import UnknownEvent
from ._json import JsonObject, NotJson, TooDeep, has_surrogate, is_blank, kind, loads, plain
from ._read import Misfit, read_text, read_time
from ._types import TABLE, Event


def parse(body: str | bytes | bytearray | memoryview) -> Event:
    """Reads the body of one message.

    A type that this version does not know gives an `UnknownEvent`.

    Raises `ParseError` if the body is not a JSON object with a type, or if the payload of a known type has an
    undocumented form. The error holds no value of the body.
    """
    problem: Problem
    try:
        raw = body if isinstance(body, str) else str(body, "utf-8")
        if not has_surrogate(raw):
            return _event(raw, loads(raw))
        problem = "not_json"
    except (NotJson, UnicodeDecodeError):
        problem = "not_json"
    except (TooDeep, RecursionError):
        problem = "too_deep"
    raise ParseError(problem)


def _event(raw: str, envelope: Any) -> Event:
    if not isinstance(envelope, JsonObject):
        raise ParseError("not_an_object", found=kind(envelope))
    if any(map(has_surrogate, envelope)):
        raise NotJson
    event_type = _type(envelope.get("type")) or _type(envelope.get("event"))
    if event_type is None:
        raise ParseError("missing_type")
    created_at = envelope.get("created_at")
    beside: dict[str, Any] = {
        "id": _optional_text(envelope.get("id")),
        "created_at": None if is_blank(created_at) else read_time(created_at),
        "raw": raw,
    }
    payload: Any = envelope
    for name in ("payload", "data"):
        if not is_blank(envelope.get(name)):
            payload = envelope[name]
            break
    if event_type not in TABLE:
        return UnknownEvent(type=event_type, payload=plain(payload), **beside)
    event_class, read = TABLE[event_type]
    try:
        return event_class(payload=read(payload), **beside)
    except Misfit as misfit:
        fault = ParseError("payload", event_type, misfit.path, misfit.found)
    raise fault


def _type(value: Any) -> str | None:
    """Only a text counts, because the receiver routes by texts only."""
    return value if type(value) is str and value and not has_surrogate(value) else None


def _optional_text(value: Any) -> str | None:
    """Counts any other value as absent, because no member around the payload is worth losing the event."""
    if is_blank(value):
        return None
    try:
        return read_text(value)
    except Misfit:
        return None
