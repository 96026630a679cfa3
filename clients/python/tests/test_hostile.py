"""Bodies that try to crash the process, to take long, or to show what they hold."""

from __future__ import annotations

import base64
import decimal
import gzip
import random
import sys
import threading
import time
import unittest
from collections.abc import Callable
from typing import Any

import golden
from prelude_events import DecodeError, ParseError, UnknownEvent, VerifyAttempt, decode, parse

MIB = 1024 * 1024


def attempt(payload: str) -> VerifyAttempt:
    event = parse(f'{{"type":"verify.attempt","payload":{payload}}}')
    assert isinstance(event, VerifyAttempt)
    return event


class Hostile(unittest.TestCase):
    def problem(self, body: Any) -> str:
        with self.assertRaises(ParseError) as raised:
            parse(body)
        self.assertIsNone(raised.exception.__context__)
        return raised.exception.problem

    def test_deep_nesting_is_an_error(self) -> None:
        for depth in (129, 1_000, 10_000, 100_000, 500_000):
            for opening, closing in (("[", "]"), ('{"a":', "}")):
                deep = opening * depth + "1" + closing * depth
                for body in (
                    f'{{"type":"verify.attempt","payload":{{"later":{deep}}}}}',
                    f'{{"type":"verify.attempt","payload":{{"id":{deep}}}}}',
                    f'{{"type":"user.created","payload":{{"profile":{deep}}}}}',
                    f'{{"type":"verify.future","payload":{deep}}}',
                    f'{{"type":{deep}}}',
                    deep,
                ):
                    self.assertEqual(self.problem(body), "too_deep")
                # Never closed.
                self.assertIn(self.problem(opening * depth), ("not_json", "too_deep"))

    def test_what_is_not_deep_is_read(self) -> None:
        deep = "[" * 126 + "1" + "]" * 126
        self.assertTrue(attempt(f'{{"later":{deep}}}').known)
        wide = "[" + ",".join(["[[]]"] * 1_000) + "]"
        self.assertTrue(attempt(f'{{"later":{wide}}}').known)

    def test_the_callers_stack_does_not_matter_much(self) -> None:
        """A caller near its own limit gets the package's error, not `RecursionError`."""
        results: list[str] = []

        def call(depth: int) -> None:
            if depth:
                call(depth - 1)
                return
            try:
                parse('{"type":"user.created","payload":{"profile":' + "[" * 100 + "]" * 100 + "}}")
                results.append("event")
            except ParseError as error:
                results.append(error.problem)

        def run() -> None:
            limit = sys.getrecursionlimit()
            for depth in range(limit - 60, limit - 200, -10):
                call(depth)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        self.assertEqual(len(results), 14)
        self.assertLessEqual(set(results), {"event", "too_deep"})

    def test_long_numbers_keep_their_digits_or_are_errors(self) -> None:
        digits = "9" * 100_000
        self.assertEqual(attempt(f'{{"id":{digits}}}').payload.id, digits)
        self.assertEqual(attempt(f'{{"id":-{digits}.{digits}e{digits}}}').payload.id, f"-{digits}.{digits}e{digits}")
        price = attempt(f'{{"price":{{"amount":{digits}.5}}}}').payload.price
        assert price is not None and price.amount is not None
        self.assertEqual(len(price.amount.as_tuple().digits), 100_001)
        for amount in (f"1e{digits}", f'"1e{digits}"', "1e99999999999999999999", "1e-99999999999999999999"):
            self.assertEqual(self.problem(f'{{"type":"verify.attempt","payload":{{"price":{{"amount":{amount}}}}}}}'), "payload")
        for count in (digits, f"1e{digits}", f"0.{digits}", f'"{digits}"', "1e999999", f"{digits}e-100000"):
            body = f'{{"type":"transactional.message.failed","payload":{{"segment_count":{count}}}}}'
            self.assertEqual(self.problem(body), "payload")
        body = f'{{"type":"verify.future","payload":[{digits},1e{digits},-{digits},{digits}.5]}}'
        event = parse(body)
        assert isinstance(event, UnknownEvent)
        self.assertEqual(event.payload[1], f"1e{digits}")
        self.assertEqual(len(event.payload[0].as_tuple().digits), 100_000)

    def test_the_programs_settings_do_not_matter(self) -> None:
        limit = getattr(sys, "get_int_max_str_digits", lambda: 0)()
        if limit:
            sys.set_int_max_str_digits(640)
            self.addCleanup(sys.set_int_max_str_digits, limit)
        for digits in ("7" * 640, "7" * 641, "7" * 5_000):
            event = parse(f'{{"type":"verify.future","id":{digits},"payload":{digits}}}')
            self.assertEqual(event.id, digits)
            self.assertEqual(event.payload, decimal.Decimal(digits))
        with decimal.localcontext() as context:
            context.prec = 2
            context.traps[decimal.InvalidOperation] = False
            price = attempt('{"price":{"amount":0.123456}}').payload.price
            assert price is not None
            self.assertEqual(str(price.amount), "0.123456")
            body = '{"type":"verify.attempt","payload":{"price":{"amount":1e99999999999999999999}}}'
            self.assertEqual(self.problem(body), "payload")

    def test_a_body_of_1_mib_takes_linear_time(self) -> None:
        def text(unit: str, size: int, before: str = "", after: str = "") -> str:
            return before + unit * (size // len(unit)) + after

        shapes: dict[str, Callable[[int], str]] = {
            "one text": lambda n: f'{{"type":"verify.future","payload":"{text("x", n)}"}}',
            "escapes": lambda n: f'{{"type":"verify.attempt","payload":{{"id":"{text(chr(92) + "u0041", n)}"}}}}',
            "escaped quotes": lambda n: f'{{"type":"verify.future","payload":"{text(chr(92) + chr(34), n)}"}}',
            "open text": lambda n: f'{{"type":"verify.future","payload":"{text(chr(92) + chr(34), n)}',
            "one number": lambda n: f'{{"type":"verify.attempt","payload":{{"price":{{"amount":{text("7", n)}}}}}}}',
            "one number, kept": lambda n: f'{{"type":"verify.future","payload":{text("7", n)}}}',
            "one count": lambda n: f'{{"type":"transactional.message.failed","payload":{{"segment_count":{text("7", n)}}}}}',
            "zeros": lambda n: f'{{"type":"transactional.message.failed","payload":{{"segment_count":0.{text("0", n)}}}}}',
            "one time": lambda n: f'{{"type":"verify.attempt","payload":{{"time":"{text("2", n)}"}}}}',
            "numbers": lambda n: f'{{"type":"verify.future","payload":[{text("7,", n)}7]}}',
            "empty arrays": lambda n: f'{{"type":"verify.future","payload":[{text("[],", n)}7]}}',
            "members": lambda n: '{"type":"verify.attempt",'
            + ",".join(f'"m{number}":{number}' for number in range(n // 14))
            + "}",
            "one name": lambda n: '{"type":"verify.attempt",' + text('"later":1,', n) + '"z":1}',
            "repeated member": lambda n: '{"type":"verify.attempt","payload":{' + text('"id":"a",', n) + '"z":1}}',
            "identifiers": lambda n: '{"type":"user.created","payload":{"identifiers":['
            + text('{"type":"a","value":"b"},', n)
            + "{}]}}",
            "white space": lambda n: '{"type":' + text(" \n", n) + '"verify.future"}',
            "arrays, open": lambda n: text("[", n),
            "line ends, broken": lambda n: text("\n", n) + "x",
        }
        for name, shape in shapes.items():
            with self.subTest(name):
                quarter, whole = self.seconds(shape(MIB // 4)), self.seconds(shape(MIB))
                # Four times the size takes four times as long. Quadratic code would take sixteen times.
                self.assertLess(whole, 9 * quarter + 0.05, f"{quarter} {whole}")
                self.assertLess(whole, 5)

    def seconds(self, body: str) -> float:
        """The time of the processor, because other programs must not matter."""
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            try:
                repr(parse(body))
            except ParseError:
                pass
            best = min(best, time.process_time() - started)
        return best

    def test_every_mutation_of_a_sample_is_an_event_or_an_error(self) -> None:
        source = random.Random(7)
        alphabet = ['"', "{", "}", "[", "]", ":", ",", "\\", "0", "9", ".", "e", "-", "null", "true", "\ud800", "\0", "é"]
        outcomes = {"event": 0, "error": 0}
        for case in golden.cases("samples"):
            for _ in range(200):
                body = case["body"]
                for _ in range(source.randint(1, 3)):
                    start = source.randrange(len(body))
                    end = start + source.choice((0, 1, 1, 5))
                    body = body[:start] + source.choice(alphabet) + body[end:]
                try:
                    repr(parse(body))
                    outcomes["event"] += 1
                except ParseError as error:
                    str(error)
                    outcomes["error"] += 1
        self.assertGreater(min(outcomes.values()), 500)

    def test_other_arguments_are_a_programming_error(self) -> None:
        for body in (None, 7, {"type": "a"}, ["a"]):
            with self.assertRaises(TypeError):
                parse(body)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def test_a_body_that_decodes_to_too_much_is_refused(self) -> None:
        bomb = base64.b64encode(gzip.compress(bytes(64 * MIB + 1))).decode()
        with self.assertRaises(DecodeError):
            decode(bomb, {"encoding": {"stringValue": "gzip+base64"}})
        whole = base64.b64encode(gzip.compress(bytes(64 * MIB))).decode()
        self.assertEqual(len(decode(whole, {"encoding": {"stringValue": "gzip+base64"}})), 64 * MIB)


if __name__ == "__main__":
    unittest.main()
