"""Errors. None holds a value of a message, and none is chained to an error that does."""

from __future__ import annotations

from typing import Literal

Problem = Literal["not_json", "too_deep", "not_an_object", "missing_type", "payload"]


class ParseError(ValueError):
    """The body cannot be read as an event.

    Of the names of members, only those that this package defines appear.
    """

    def __init__(
        self,
        problem: Problem,
        event_type: str | None = None,
        path: str | None = None,
        found: str | None = None,
    ) -> None:
        super().__init__(problem, event_type, path, found)
        self.problem: Problem = problem
        """The reason, as a word."""
        self.event_type = event_type
        """The type, if it is known to this version and its payload is broken."""
        self.path = path
        """The path of the broken member inside the payload, e.g. `price.amount` or `identifiers[0]`.

        The path is empty if the payload itself has the wrong form.
        """
        self.found = found
        """The kind of JSON value that was found, e.g. `an array`."""

    def __str__(self) -> str:
        if self.problem == "not_json":
            return "body is not JSON"
        if self.problem == "too_deep":
            return "body is nested too deeply"
        if self.problem == "not_an_object":
            return f"body is {self.found}: expected an object"
        if self.problem == "missing_type":
            return "event has no type: expected a text in `type` or `event`"
        if not self.path:
            return f"payload of {self.event_type} has an unexpected form: found {self.found}"
        return f"member `{self.path}` of {self.event_type} has an unexpected form: found {self.found}"


class DecodeError(ValueError):
    """The body of a parked message is not encoded as its attribute `encoding` says, or its parts do not fit together."""


class RegistrationError(RuntimeError):
    """A handler is registered twice, too late, or for a type that this version does not know."""
