"""Reads payloads. Each reader takes a value of `_json.loads` and returns it in the form that Prelude documents."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from ._json import JsonObject, Number, decimal_of, dumps, has_surrogate, is_array, is_blank, kind, plain
from ._record import Record
from ._timestamp import Timestamp

P = TypeVar("P", bound="Payload")

_COUNT_TEXT = re.compile("[0-9]{1,19}")
_COUNT_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_MAX_COUNT = 2**64 - 1


class Misfit(Exception):
    """Path and kind of a value of an undocumented form. The value itself is not kept."""

    def __init__(self, found: str, path: str = "") -> None:
        super().__init__(found, path)
        self.found = found
        self.path = path

    def below(self, step: str) -> Misfit:
        """The same with a step before its path: the name of a member, or an index in brackets."""
        separator = "" if not self.path or self.path.startswith("[") else "."
        return Misfit(self.found, f"{step}{separator}{self.path}")


class Member(NamedTuple):
    """A member of a payload."""

    wire: str
    """Its name in the JSON."""
    read: Callable[[Any], Any]
    """Reads its value."""
    redacted: bool = False
    """True if `repr` hides the value, because it is or may be about a person."""

    @property
    def field(self) -> str:
        """Its name in Python."""
        return f"{self.wire}_" if keyword.iskeyword(self.wire) else self.wire


class Payload(Record):
    """A payload, or an object inside one.

    A member that is missing, `null` or `""` is `None`. Members have the names of the JSON. A name that Python reserves
    has an underscore at its end: `from_`. `getattr(payload, "from")` works too.
    """

    __slots__ = ()

    wire_members: ClassVar[tuple[Member, ...]] = ()

    def __repr__(self) -> str:
        shown: list[str] = []
        for member in self.wire_members:
            value = getattr(self, member.field)
            if value is not None:
                shown.append(f"{member.field}={'<redacted>' if member.redacted else repr(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if keyword.iskeyword(name) and hasattr(type(self), f"{name}_"):
                return getattr(self, f"{name}_")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def read_object(of: type[P]) -> Callable[[Any], P]:
    """The reader of an object."""

    def read(value: Any) -> P:
        if not isinstance(value, JsonObject) or any(map(has_surrogate, value)):
            raise Misfit(kind(value))
        values: dict[str, Any] = {}
        for member in of.wire_members:
            # Readers differ in which of two values they take.
            if member.wire in value.repeated:
                raise Misfit(kind(value))
            found = value.get(member.wire)
            if not is_blank(found):
                values[member.field] = _below(member.wire, member.read, found)
        return of(**values)

    return read


def read_list(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """The reader of an array."""

    def read_elements(value: Any) -> tuple[Any, ...]:
        if not is_array(value):
            raise Misfit(kind(value))
        return tuple(_below(f"[{index}]", read, element) for index, element in enumerate(value))

    return read_elements


def read_text(value: Any) -> str:
    """Reads a number as its digits."""
    if not isinstance(value, str) or has_surrogate(value):
        raise Misfit(kind(value))
    return str(value)


def read_count(value: Any) -> int:
    """Reads a whole number: a number of any notation, or a text of 1 to 19 digits."""
    result = _whole(value) if isinstance(value, Number) else None
    if result is None and not isinstance(value, Number) and isinstance(value, str) and _COUNT_TEXT.fullmatch(value):
        result = int(value)
    if result is None or not 0 <= result <= _MAX_COUNT:
        raise Misfit(kind(value))
    return result


def read_decimal(value: Any) -> Decimal:
    """Reads a number, or a text of one, without a float."""
    number = decimal_of(value) if isinstance(value, str) else None
    if number is None:
        raise Misfit(kind(value))
    return number


def read_time(value: Any) -> Timestamp:
    """Accepts any value, because an unreadable time must not cost the event."""
    is_text = isinstance(value, str) and not has_surrogate(value)
    return Timestamp(value if is_text else dumps(value))


def read_json(value: Any) -> Any:
    """Accepts any value."""
    return plain(value)


def _below(step: str, read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except Misfit as misfit:
        inner = misfit
    raise inner.below(step)


def _whole(number: str) -> int | None:
    """The value of a number if it is whole and not longer than the Rust crate reads."""
    match = _COUNT_NUMBER.fullmatch(number)
    if match is None:
        return None
    sign, integer, fraction, exponent = match.groups("")
    digits = (integer + fraction).lstrip("0")
    if not digits:
        return 0
    if len(digits) > 38 or len(exponent) > 18:
        return None
    shift = int(exponent or "0") - len(fraction)
    if abs(shift) > 38:
        return None
    value, remainder = divmod(int(digits + "0" * max(shift, 0)), int("1" + "0" * max(-shift, 0)))
    if remainder:
        return None
    return -value if sign else value
