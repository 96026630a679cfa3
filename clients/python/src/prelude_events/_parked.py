"""Bodies of the parking queue."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Union

from ._attributes import Attributes, attribute, idempotency_key
from ._errors import DecodeError

Message = Union["tuple[str, Attributes | None]", Mapping[str, Any]]
"""A body with its attributes, or a message as a Lambda event or an AWS SDK spells it."""

_MAX_DECODED = 64 * 1024 * 1024
"""Far above any request. No receiver parks a body that decodes to more."""

_PART = re.compile("gzip[+]base64;part=([0-9]{1,9})/([0-9]{1,9})")


def decode(body: str, attributes: Attributes | None) -> bytes:
    """The bytes that the receiver got, from the body of one parked message.

    Raises `DecodeError` if the message is one of several parts, or not encoded as its attribute `encoding` says.
    """
    encoding = attribute(attributes, "encoding")
    if encoding is None:
        return _utf8(body)
    if encoding == "base64":
        return _unbase64(body)
    if encoding == "gzip+base64":
        return _gunzip(_unbase64(body))
    if _part(encoding) is not None:
        raise DecodeError("the message is one part of an event: expected all parts, in `join_parts`")
    raise DecodeError("the encoding is unknown: expected base64, gzip+base64 or a part")


def join_parts(messages: Iterable[Message]) -> bytes:
    """The bytes that the receiver got, from all parts of one event, in any order. A part may come more than once.

    Raises `DecodeError` if a part is missing, or if the messages belong to several events.
    """
    parts: dict[int, str] = {}
    events: set[tuple[str, int]] = set()
    for message in messages:
        body, attributes = _body_and_attributes(message)
        part = _part(attribute(attributes, "encoding") or "")
        if part is None:
            raise DecodeError("the message is not a part: expected the encoding gzip+base64;part=<i>/<n>")
        index, count = part
        events.add((idempotency_key(attributes), count))
        if parts.setdefault(index, body) != body:
            raise DecodeError("two messages with the same part differ: expected the parts of one event")
    if len(events) != 1:
        raise DecodeError(f"the messages belong to {len(events)} events: expected the parts of one event")
    count = events.pop()[1]
    if len(parts) != count:
        raise DecodeError(f"{len(parts)} of {count} parts are there: expected all")
    return _gunzip(_unbase64("".join(parts[index] for index in sorted(parts))))


def _body_and_attributes(message: Message) -> tuple[str, Attributes | None]:
    if isinstance(message, Mapping):
        body: Any = message.get("body", message.get("Body"))
        attributes: Any = message.get("messageAttributes", message.get("MessageAttributes"))
    else:
        body, attributes = message
    if not isinstance(body, str):
        raise DecodeError("the message has no body: expected a text")
    return body, attributes


def _part(encoding: str) -> tuple[int, int] | None:
    match = _PART.fullmatch(encoding)
    if match is None:
        return None
    index, count = int(match[1]), int(match[2])
    return (index, count) if 1 <= index <= count else None


def _utf8(body: str) -> bytes:
    try:
        return body.encode()
    except UnicodeEncodeError:
        pass
    raise DecodeError("the body is not Unicode")


def _unbase64(body: str) -> bytes:
    # SQS refuses an empty body, so padding alone stands for no bytes.
    if body == "====":
        return b""
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        data = None
    # Python accepts other spellings of the same bytes. The receiver writes one.
    if data is None or base64.b64encode(data).decode() != body:
        raise DecodeError("the body is not base64")
    return data


def _gunzip(data: bytes) -> bytes:
    # 16 asks for the header of gzip.
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        raw = decompressor.decompress(data, _MAX_DECODED + 1)
    except zlib.error:
        raw = None
    if raw is None or (not decompressor.eof and len(raw) <= _MAX_DECODED):
        raise DecodeError("the body is not gzip")
    if len(raw) > _MAX_DECODED:
        raise DecodeError(f"the body decodes to more than {_MAX_DECODED} bytes")
    # The receiver writes one member, and nothing behind it.
    if decompressor.unused_data:
        raise DecodeError("the body is not gzip")
    return raw
