from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ._errors import RegistrationError
from ._types import TABLE, Event

T = TypeVar("T")


class DispatcherBase(Generic[T]):
    """The part of `Dispatcher` that does not depend on the table of event types."""

    def __init__(self, fallback: Callable[[Event], T]) -> None:
        self._fallback = _callable("fallback", fallback)
        self._handlers: dict[str, Callable[[Any], T]] = {}
        self._started = False

    def dispatch(self, event: Event) -> T:
        """Calls the handler of the event's type, otherwise the fallback, and returns what it returns."""
        self._started = True
        return self._handlers.get(event.type, self._fallback)(event)

    def _register(self, event_type: str, handler: Callable[[Any], T]) -> None:
        if self._started:
            raise RegistrationError(f"handler of {event_type} comes too late: expected it before the first event")
        if event_type not in TABLE:
            raise RegistrationError(f"event type {event_type!r} is unknown: the fallback gets newer types")
        if event_type in self._handlers:
            raise RegistrationError(f"event type {event_type} has a handler already: expected one")
        self._handlers[event_type] = _callable(f"handler of {event_type}", handler)


def _callable(what: str, function: Callable[[Any], T]) -> Callable[[Any], T]:
    """A missing function would fail at the first event of its type, long after the start."""
    if not callable(function):
        raise TypeError(f"{what} is missing: expected a function, found {type(function).__name__}")
    return function
