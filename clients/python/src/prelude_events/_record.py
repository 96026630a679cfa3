"""Classes of values that do not change.

The standard library's dataclasses compile their methods when they are imported, which is slow for this many classes.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn


class Record:
    """A value with named fields. A field that is not given is `None`."""

    __slots__ = ()

    record_fields: ClassVar[tuple[str, ...]] = ()
    """The names of the fields, in order."""

    def __init_subclass__(cls) -> None:
        cls.record_fields = (*cls.record_fields, *cls.__dict__.get("__slots__", ()))

    def __init__(self, **values: Any) -> None:
        for name in self.record_fields:
            object.__setattr__(self, name, values.pop(name, None))
        if values:
            raise TypeError(f"{type(self).__name__} has no fields {sorted(values)}")

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change: expected no assignment to {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change: expected no deletion of {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash((type(self), *_values(self).values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), _values(self))


def _values(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.record_fields}


def _restored(of: type[Record], values: dict[str, Any]) -> Record:
    return of(**values)
