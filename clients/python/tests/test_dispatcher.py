from __future__ import annotations

import unittest
from typing import Any

from prelude_events import Dispatcher, Event, RegistrationError, UserDeleted, VerifyAttempt, parse

ATTEMPT = '{"type":"verify.attempt","payload":{"id":"att_1"}}'
DELETED = '{"type":"user.deleted","payload":{"user_id":"usr_1"}}'
NEWER = '{"type":"verify.future"}'


def attempt(event: VerifyAttempt) -> str:
    return f"attempt {event.payload.id}"


def deleted(event: UserDeleted) -> str:
    return f"deleted {event.payload.user_id}"


def fallback(event: Event) -> str:
    return f"fallback {event.type} {event.known}"


class Dispatching(unittest.TestCase):
    def test_each_type_has_its_handler(self) -> None:
        dispatcher = Dispatcher(fallback)
        dispatcher.on("verify.attempt", attempt)
        dispatcher.on("user.deleted", deleted)
        self.assertEqual(dispatcher.dispatch(parse(ATTEMPT)), "attempt att_1")
        self.assertEqual(dispatcher.dispatch(parse(DELETED)), "deleted usr_1")
        self.assertEqual(dispatcher.dispatch(parse(NEWER)), "fallback verify.future False")
        self.assertEqual(dispatcher.dispatch(parse('{"type":"attempt"}')), "fallback attempt True")

    def test_the_fallback_is_mandatory(self) -> None:
        with self.assertRaises(TypeError):
            Dispatcher()  # type: ignore[call-arg]  # pyright: ignore
        with self.assertRaisesRegex(TypeError, "fallback is missing"):
            Dispatcher(fallback=None)  # type: ignore[arg-type]  # pyright: ignore

    def test_a_missing_handler_is_an_error_at_start(self) -> None:
        dispatcher = Dispatcher(fallback)
        with self.assertRaisesRegex(TypeError, "handler of verify.attempt is missing"):
            dispatcher.on("verify.attempt", None)  # type: ignore[call-overload]  # pyright: ignore

    def test_a_wrong_registration_is_an_error(self) -> None:
        dispatcher = Dispatcher(fallback)
        dispatcher.on("verify.attempt", attempt)
        with self.assertRaises(RegistrationError):
            dispatcher.on("verify.attempt", attempt)
        with self.assertRaises(RegistrationError):
            dispatcher.on("verify.atempt", attempt)  # type: ignore[call-overload]  # pyright: ignore
        # Nothing compares the classes at run time. mypy and pyright do, and would report an unused comment.
        dispatcher.on("attempt", deleted)  # type: ignore[call-overload]  # pyright: ignore
        dispatcher.dispatch(parse(NEWER))
        with self.assertRaises(RegistrationError):
            dispatcher.on("user.deleted", deleted)

    def test_an_error_of_a_handler_passes(self) -> None:
        def broken(event: Any) -> str:
            raise KeyError("mine")

        dispatcher = Dispatcher(fallback)
        dispatcher.on("verify.attempt", broken)
        with self.assertRaises(KeyError):
            dispatcher.dispatch(parse(ATTEMPT))


if __name__ == "__main__":
    unittest.main()
