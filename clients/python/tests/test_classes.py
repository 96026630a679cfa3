from __future__ import annotations

import copy
import unittest
from pprint import pformat
from typing import Any, get_args

import golden
import prelude_events
from prelude_events import (
    Event,
    KnownEvent,
    MarketingSubscriptionStop,
    Payload,
    Timestamp,
    UnknownEvent,
    UserCreated,
    VerifyAttempt,
    parse,
)

SECRETS = ["+33639980001", "ada@example.com", "Lovelace", "hello there", "metadata-secret"]


class Printing(unittest.TestCase):
    def test_no_personal_value_is_printed(self) -> None:
        for body in (
            '{"type":"verify.attempt","payload":{"target":{"type":"phone_number","value":"+33639980001"},'
            '"metadata":{"correlation_id":"metadata-secret"}}}',
            '{"type":"user.created","payload":{"identifiers":[{"value":"ada@example.com"}],'
            '"profile":{"last_name":"Lovelace"}}}',
            '{"type":"user.session.created","payload":{"metadata":{"a":"metadata-secret"}}}',
            '{"type":"user.passkey.registered","payload":{"credential":{"nickname":"Lovelace"}}}',
            '{"type":"transactional.message.created","payload":{"to":"+33639980001","variables":{"n":"Lovelace"}}}',
            '{"type":"marketing.subscription.stop","payload":{"from":"+33639980001","to":"+33639980001"}}',
            '{"type":"inbound.message.received","payload":{"text":"hello there","from":"+33639980001"}}',
            '{"type":"attempt","recipient_phone_number":"+33639980001"}',
            '{"type":"verify.future","payload":{"number":"+33639980001"}}',
            '{"type":"verify.attempt","created_at":"+33639980001","payload":{"time":"+33639980001"}}',
            '{"type":"verify.attempt","payload":{"later":"+33639980001"},"later":"ada@example.com"}',
        ):
            event = parse(body)
            payload = event.payload if event.known else None
            for shown in (repr(event), str(event), f"{event}", pformat(event), repr([event]), repr(payload)):
                for secret in SECRETS:
                    self.assertNotIn(secret, shown)

    def test_the_rest_is_printed(self) -> None:
        event = parse(
            '{"type":"verify.attempt","id":"evt_1","created_at":"2025-03-04T17:59:25.984640901Z",'
            '"payload":{"id":"att_1","price":{"amount":0.0300,"currency":"EUR"},"target":{"value":"+1"}}}'
        )
        self.assertEqual(
            repr(event),
            "VerifyAttempt(id='evt_1', created_at='2025-03-04T17:59:25.984640901Z', payload=VerifyAttemptPayload("
            "id='att_1', price=Price(amount=Decimal('0.0300'), currency='EUR'), target=Identifier(value=<redacted>)))",
        )

    def test_a_time_is_its_text(self) -> None:
        event = parse('{"type":"verify.attempt","created_at":"2025-03-04T17:59:25.984640901Z"}')
        assert event.created_at is not None
        self.assertEqual(event.created_at, "2025-03-04T17:59:25.984640901Z")
        self.assertEqual(f"{event.created_at}", "2025-03-04T17:59:25.984640901Z")
        self.assertEqual(event.created_at.unix_nanos(), 1_741_111_165_984_640_901)
        self.assertEqual(repr(Timestamp("soon")), "<unreadable time of 4 characters>")


class Classes(unittest.TestCase):
    def test_every_sample_has_a_class_of_its_own(self) -> None:
        classes: set[Any] = set()
        for case in golden.cases("samples"):
            event = parse(case["body"])
            assert isinstance(event, KnownEvent)
            self.assertEqual(type(event).type, case["event"]["type"])
            self.assertIn(type(event).__name__, prelude_events.__all__)
            classes.add(type(event))
        self.assertEqual(classes | {UnknownEvent}, set(get_args(Event)))

    def test_every_exported_name_is_there(self) -> None:
        for name in prelude_events.__all__:
            self.assertTrue(hasattr(prelude_events, name), name)
        self.assertEqual(prelude_events.__all__, sorted(set(prelude_events.__all__)))

    def test_events_match_by_class(self) -> None:
        def price(event: Event) -> str:
            match event:
                case VerifyAttempt(payload=attempt) if attempt.price is not None:
                    return str(attempt.price.amount)
                case VerifyAttempt(id=found):
                    return f"no price: {found}"
                case UnknownEvent(type=newer):
                    return newer
                case _:
                    return "another"

        self.assertEqual(price(parse('{"type":"verify.attempt","payload":{"price":{"amount":"1.50"}}}')), "1.50")
        self.assertEqual(price(parse('{"type":"verify.attempt","id":"e","payload":{}}')), "no price: e")
        self.assertEqual(price(parse('{"type":"verify.future"}')), "verify.future")
        self.assertEqual(price(parse('{"type":"attempt"}')), "another")

    def test_a_reserved_name_has_both_spellings(self) -> None:
        event = parse('{"type":"marketing.subscription.stop","payload":{"from":33639980001}}')
        assert isinstance(event, MarketingSubscriptionStop)
        self.assertEqual(event.payload.from_, "33639980001")
        self.assertEqual(getattr(event.payload, "from"), "33639980001")
        for name in ("class", "other", "from__"):
            with self.assertRaises(AttributeError):
                getattr(event.payload, name)

    def test_events_do_not_change(self) -> None:
        event = parse('{"type":"user.created","payload":{"identifiers":[{"value":"a"}]}}')
        assert isinstance(event, UserCreated)
        for target, name in ((event, "id"), (event.payload, "user_id"), (event, "other")):
            with self.assertRaises(AttributeError):
                setattr(target, name, "x")
        self.assertIsInstance(event.payload.identifiers, tuple)
        self.assertEqual(copy.deepcopy(event), event)
        self.assertEqual(hash(copy.copy(event)), hash(event))
        self.assertNotEqual(event, parse('{"type":"user.created","payload":{"identifiers":[{"value":"b"}]}}'))
        with self.assertRaises(AttributeError):
            del event.raw
        with self.assertRaises(TypeError):
            type(event.payload)(**{"newer": 1})

    def test_a_member_is_a_field(self) -> None:
        for case in golden.cases("samples"):
            payload = parse(case["body"]).payload
            assert isinstance(payload, Payload)
            self.assertEqual(tuple(member.field for member in payload.wire_members), payload.record_fields)


if __name__ == "__main__":
    unittest.main()
