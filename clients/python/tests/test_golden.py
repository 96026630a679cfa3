from __future__ import annotations

import base64
import pickle
import unittest
from decimal import Decimal
from typing import Any

import golden
from prelude_events import (
    DecodeError,
    Event,
    ParseError,
    Payload,
    Timestamp,
    UnknownEvent,
    decode,
    delivery_status_follows,
    idempotency_key,
    join_parts,
    parse,
)


def normal(value: Any) -> Any:
    """A member in the form of the golden files, with decimals as `Decimal`."""
    if isinstance(value, Payload):
        members = ((member.wire, getattr(value, member.field)) for member in value.wire_members)
        return {wire: normal(member) for wire, member in members if member is not None}
    if isinstance(value, tuple):
        elements: tuple[Any, ...] = value
        return [normal(element) for element in elements]
    return value


def same(expected: Any, found: Any) -> bool:
    """Compares digits, not values: `0.03` and `0.030` differ."""
    if isinstance(found, Decimal):
        return Decimal(expected).as_tuple() == found.as_tuple()
    if isinstance(found, dict) and isinstance(expected, dict):
        members: dict[str, Any] = found
        return list(expected) == list(members) and all(same(expected[name], members[name]) for name in members)
    if isinstance(found, list) and isinstance(expected, list):
        elements: list[Any] = found
        return len(expected) == len(elements) and all(map(same, expected, elements))
    return bool(expected == found) and isinstance(expected, bool) == isinstance(found, bool)


class Golden(unittest.TestCase):
    def test_every_body_has_the_expected_result(self) -> None:
        events = errors = 0
        for name in golden.PARSED:
            for case in golden.cases(name):
                with self.subTest(file=name, case=case["name"]):
                    body = case.get("body")
                    raw = base64.b64decode(case["body_base64"]) if body is None else body.encode()
                    for spelling in (raw, bytearray(raw), memoryview(raw), *(() if body is None else (body,))):
                        if "event" in case:
                            self.check_event(case["event"], parse(spelling), body)
                        else:
                            self.check_error(case["error"], spelling)
                    events, errors = events + ("event" in case), errors + ("error" in case)
        self.assertGreater(events, 300)
        self.assertGreater(errors, 300)

    def check_event(self, expected: dict[str, Any], event: Event, body: str | None) -> None:
        self.assertEqual(event.type, expected["type"])
        self.assertIs(event.known, expected["known"])
        self.assertEqual(isinstance(event, UnknownEvent), not expected["known"])
        self.assertEqual(event.id, expected["id"])
        self.assertEqual(event.source, expected["source"])
        self.assertEqual(event.created_at, expected["created_at"])
        self.assertEqual(event.raw, body)
        payload = normal(event.payload)
        self.assertTrue(same(expected["payload"], payload), f"{expected['payload']} {payload}")
        self.assertEqual(pickle.loads(pickle.dumps(event)), event)

    def check_error(self, expected: dict[str, Any], body: Any) -> None:
        with self.assertRaises(ParseError) as raised:
            parse(body)
        error = raised.exception
        found = {"problem": error.problem, "event_type": error.event_type, "path": error.path, "found": error.found}
        self.assertEqual({name: value for name, value in found.items() if value is not None}, expected)
        for shown in (str(error), repr(error), str(pickle.loads(pickle.dumps(error)))):
            self.assertNotIn("secret", shown)
        # An error that is chained shows in a log, and may hold the body.
        self.assertIsNone(error.__cause__)
        self.assertIsNone(error.__context__)

    def test_times_have_the_expected_nanoseconds(self) -> None:
        for case in golden.cases("times"):
            with self.subTest(case["text"]):
                nanos = None if case["unix_nanos"] is None else int(case["unix_nanos"])
                time = Timestamp(case["text"])
                self.assertEqual(time.unix_nanos(), nanos)
                moment = time.datetime()
                if moment is not None and nanos is not None:
                    whole = int(moment.timestamp()) if moment.microsecond == 0 else None
                    self.assertIn(whole, (None, nanos // 1_000_000_000))
                    self.assertEqual(moment.microsecond, nanos // 1_000 % 1_000_000)

    def test_a_delivery_status_follows_earlier_ones(self) -> None:
        for case in golden.cases("follows"):
            with self.subTest(case):
                self.assertIs(delivery_status_follows(case["status"], case["earlier"]), case["follows"])
                self.assertEqual(delivery_status_follows(case["status"], None), delivery_status_follows(case["status"], "unknown"))
        self.assertFalse(delivery_status_follows(None, None))

    def test_parked_bodies_decode_to_the_expected_bytes(self) -> None:
        for case in golden.cases("parked"):
            for attributes in golden.both_spellings(case["attributes"]):
                with self.subTest(case["name"]):
                    if case["bytes_base64"] is not None:
                        expected = base64.b64decode(case["bytes_base64"])
                        self.assertEqual(decode(case["body"], attributes), expected)
                        continue
                    with self.assertRaises(DecodeError) as raised:
                        decode(case["body"], attributes)
                    self.assertIsNone(raised.exception.__context__)

    def test_parts_join_to_the_expected_bytes(self) -> None:
        for case in golden.cases("parts"):
            messages = case["messages"]
            for spelling in (
                [(message["body"], golden.lambda_spelling(message["attributes"])) for message in messages],
                [
                    {"body": message["body"], "messageAttributes": golden.lambda_spelling(message["attributes"])}
                    for message in messages
                ],
                [
                    {"Body": message["body"], "MessageAttributes": golden.sdk_spelling(message["attributes"])}
                    for message in messages
                ],
            ):
                with self.subTest(case["name"]):
                    if case["bytes_base64"] is not None:
                        self.assertEqual(join_parts(iter(spelling)), base64.b64decode(case["bytes_base64"]))
                        continue
                    with self.assertRaises(DecodeError) as raised:
                        join_parts(iter(spelling))
                    self.assertIsNone(raised.exception.__context__)

    def test_keys_are_the_expected_ones(self) -> None:
        for case in golden.cases("keys"):
            for attributes in golden.both_spellings(case["attributes"]):
                self.assertEqual(idempotency_key(attributes), case["key"])
        self.assertEqual(idempotency_key({}), "###")
        self.assertEqual(idempotency_key(None), "###")


if __name__ == "__main__":
    unittest.main()
