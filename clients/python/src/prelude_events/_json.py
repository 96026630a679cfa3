"""JSON as received: numbers keep their digits, and objects remember repeated names.

The standard decoder loses both. It also turns a long number into an error of its own, or into infinity.
"""

from __future__ import annotations

import decimal
import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any, NoReturn, TypeGuard

MAX_DEPTH = 128
"""Levels of objects and arrays. Without a limit, the depth of the caller's stack would decide."""

_MAX_INT_DIGITS = 640
"""The lowest limit that `sys.set_int_max_str_digits` can set."""

_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Number(str):
    """A number, as its digits."""

    __slots__ = ()


class JsonObject(dict[str, Any]):
    """An object. Of a repeated name, the last value counts."""

    __slots__ = ("repeated",)

    repeated: frozenset[str]


class NotJson(Exception):
    """The text is not JSON."""


class TooDeep(Exception):
    """The text is nested too deeply."""


def loads(text: str) -> Any:
    """Reads JSON as `None`, `bool`, `str`, `Number`, `list` and `JsonObject`."""
    fault: Exception
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        fault = TooDeep()
    except ValueError:
        fault = NotJson()
    else:
        if text.count("[") + text.count("{") <= MAX_DEPTH or not _is_deep(value):
            return value
        fault = TooDeep()
    # Outside of the handler, so that no error with the text in it is chained.
    raise fault


def kind(value: Any) -> str:
    """The kind of a value, in words for an error message."""
    if isinstance(value, JsonObject):
        return "an object"
    if is_array(value):
        return "an array"
    if isinstance(value, Number):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "null" if value is None else "a boolean"


def is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_blank(value: Any) -> bool:
    """Tells whether a value counts as absent: `null` and `""` do."""
    return value is None or (isinstance(value, str) and not value)


def has_surrogate(text: str) -> bool:
    """Tells whether a text holds half of a surrogate pair, so that it is not Unicode."""
    return _SURROGATE.search(text) is not None


def plain(value: Any) -> Any:
    """The value for users: numbers are `int` or `Decimal`. A number that neither can hold stays the text of its digits."""
    if isinstance(value, JsonObject):
        return {name: plain(member) for name, member in value.items()}
    if is_array(value):
        return [plain(element) for element in value]
    if not isinstance(value, Number):
        return value
    if len(value) <= _MAX_INT_DIGITS and value.lstrip("-").isdigit():
        return int(value)
    number = decimal_of(value)
    return str(value) if number is None else number


def decimal_of(text: str) -> Decimal | None:
    """The exact number; `None` for any other text, and for an exponent that no `Decimal` can hold."""
    if not _DECIMAL.fullmatch(text):
        return None
    try:
        number = Decimal(text)
    except decimal.DecimalException:
        return None
    # The program's own context may return NaN instead of raising.
    return number if number.is_finite() else None


def dumps(value: Any) -> str:
    """The shortest JSON of a value, with the digits of its numbers."""
    if isinstance(value, JsonObject):
        return "{" + ",".join(f"{json.dumps(name)}:{dumps(member)}" for name, member in value.items()) + "}"
    if is_array(value):
        return "[" + ",".join(map(dumps, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value)


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = JsonObject(pairs)
    if len(value) == len(pairs):
        value.repeated = frozenset()
    else:
        value.repeated = frozenset(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return value


def _refuse(constant: str) -> NoReturn:
    """Refuses `NaN` and `Infinity`, which are not JSON."""
    raise ValueError


def _is_deep(value: Any) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for outer in level:
            if isinstance(outer, JsonObject):
                inner.extend(outer.values())
            elif is_array(outer):
                inner.extend(outer)
        if not inner:
            return False
        level = inner
    return any(isinstance(value, JsonObject) or is_array(value) for value in level)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_refuse)
