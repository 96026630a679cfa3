"""Calls the handler as Lambda does, against moto's DynamoDB."""

from __future__ import annotations

import importlib
import itertools
import json
import logging
import os
import sys
import unittest
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from prelude_events.powertools import RecordError

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from costs import digits
from settings import Settings

STOP, START = "marketing.subscription.stop", "marketing.subscription.start"
EARLY, LATE = "2025-10-24T08:59:10.736909995Z", "2025-10-24T08:59:10.736909996Z"
PRICE = {"amount": "0.0300", "currency": "EUR"}

_numbers = itertools.count()


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class ConsumerTest(unittest.TestCase):
    def setUp(self) -> None:
        logging.disable()
        self.addCleanup(logging.disable, logging.NOTSET)
        mock = mock_aws()
        mock.start()
        self.addCleanup(mock.stop)
        environment = {
            "CONSUMER_NAME": "example",
            "IDEMPOTENCY_TABLE": "claims",
            "DATA_TABLE": "data",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
        patched = patch.dict(os.environ, environment)
        patched.start()
        self.addCleanup(patched.stop)
        self.dynamodb = boto3.client("dynamodb")
        for name in ("claims", "data"):
            self.dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        sys.modules.pop("app", None)
        self.handler = importlib.import_module("app").handler

    def deliver(
        self,
        type: str,
        payload: Any = None,
        event_id: str | None = None,
        *,
        authentication: str | None = "signature",
        **envelope: Any,
    ) -> bool:
        """Delivers an event, and tells whether it was deleted."""
        number = next(_numbers)
        event_id = event_id or f"evt_{number}"
        # Verify V1 has the members of its payload beside the type.
        body = json.dumps({"type": type, "id": event_id, **({} if payload is None else {"payload": payload}), **envelope})
        attributes = {"source": "notify", "event_type": type, "event_id": event_id}
        if authentication is not None:
            attributes["authentication"] = authentication
        record = {
            "messageId": f"message-{number}",
            "body": body,
            "attributes": {},
            "messageAttributes": {name: {"stringValue": value} for name, value in attributes.items()},
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:events",
        }
        report = self.handler({"Records": [record]}, Context())
        self.assertIn(report, ({"batchItemFailures": []}, {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}))
        return not report["batchItemFailures"]

    def items(self, table: str = "data") -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for item in self.dynamodb.scan(TableName=table)["Items"]:
            values: dict[str, Any] = {name: next(iter(value.values())) for name, value in item.items()}
            found[values.pop("id")] = values
        return found


class Subscriptions(ConsumerTest):
    def change(self, type: str, received_at: Any = EARLY, **envelope: Any) -> bool:
        return self.deliver(type, {"from": "+1", "to": "36184", "received_at": received_at}, **envelope)

    def test_a_stop_is_stored(self) -> None:
        self.assertTrue(self.change(STOP))
        expected = {"subscribed": False, "as_of": EARLY, "as_of_nanos": "1761296350736909995"}
        self.assertEqual(self.items(), {"subscription#36184#+1": expected})

    def test_the_order_of_events_counts_and_not_that_of_arrival(self) -> None:
        for deliveries, subscribed in (
            ([(STOP, EARLY), (START, LATE)], True),
            ([(START, LATE), (STOP, EARLY)], True),
            ([(STOP, LATE), (START, EARLY)], False),
            ([(START, EARLY), (STOP, LATE)], False),
            ([(START, EARLY), (STOP, EARLY)], False),
            ([(STOP, EARLY), (START, EARLY)], False),
        ):
            with self.subTest(deliveries):
                self.doCleanups()
                self.setUp()
                for type, time in deliveries:
                    self.assertTrue(self.change(type, time))
                self.assertIs(self.items()["subscription#36184#+1"]["subscribed"], subscribed)

    def test_the_time_of_the_event_replaces_a_missing_one(self) -> None:
        self.assertTrue(self.change(STOP, None, created_at=LATE))
        self.assertEqual(self.items()["subscription#36184#+1"]["as_of"], LATE)

    def test_an_unsigned_stop_unsubscribes_and_an_unsigned_start_fails(self) -> None:
        self.assertFalse(self.change(START, authentication="secret_path"))
        self.assertEqual(self.items(), {})
        self.assertTrue(self.change(START))
        self.assertTrue(self.change(STOP, LATE, authentication="secret_path"))
        self.assertIs(self.items()["subscription#36184#+1"]["subscribed"], False)

    def test_an_incomplete_change_fails(self) -> None:
        self.assertFalse(self.change(STOP, None))
        self.assertFalse(self.change(STOP, "yesterday"))
        self.assertFalse(self.deliver(STOP, {"to": "36184", "received_at": EARLY}))
        self.assertFalse(self.deliver(START, {"from": "+1", "received_at": EARLY}))
        self.assertEqual(self.items(), {})


class Costs(ConsumerTest):
    def test_each_charge_counts_once(self) -> None:
        time = "2025-03-31T23:59:59.999999999Z"
        for type, payload in (
            ("verify.authentication", {"verification_id": "v1", "price": {"amount": 0.009, "currency": "EUR"}, "time": time}),
            ("verify.attempt", {"id": "a1", "price": PRICE, "time": time}),
            ("verify.delivery_status", {"id": "d1", "attempt_id": "a1", "price": PRICE, "time": time}),
            ("verify.delivery_status", {"id": "d2", "attempt_id": "a1", "price": PRICE, "time": time}),
        ):
            self.assertTrue(self.deliver(type, payload))
        v1: dict[str, Any] = {"price": {"amount": 0.0032, "currency": "EUR"}, "time": "2025-04-01T00:30:00+0200"}
        self.assertTrue(self.deliver("authentication", auth_uuid="u1", **v1))
        self.assertTrue(self.deliver("attempt", auth_uuid="u1", attempt_uuid="u2", **v1))
        items = self.items()
        self.assertEqual(items.pop("cost#EUR#2025-03"), {"amount": "0.0454", "charges": "4"})
        self.assertEqual(set(items), {"charge#verification#v1", "charge#attempt#a1", "charge#authentication#u1", "charge#attempt#u2"})
        self.assertEqual(items["charge#attempt#a1"], {"amount": "0.0300", "currency": "EUR"})

    def test_unsigned_charges_have_sums_of_their_own(self) -> None:
        self.assertTrue(self.deliver("verify.attempt", {"id": "a1", "price": PRICE, "time": EARLY}))
        unsigned: dict[str, Any] = {"price": PRICE, "time": EARLY, "authentication": "secret_path"}
        self.assertTrue(self.deliver("authentication", auth_uuid="u1", **unsigned))
        self.assertTrue(self.deliver("attempt", attempt_uuid="u2", **unsigned))
        again = {"id": "u2", "price": PRICE, "time": EARLY}
        self.assertTrue(self.deliver("verify.attempt", again, authentication="secret_path"))
        charge, unverified = {"amount": "0.0300", "currency": "EUR"}, {"unverified": True}
        expected = {
            "charge#attempt#a1": charge,
            "charge#authentication#u1": charge | unverified,
            "charge#attempt#u2": charge | unverified,
            "cost#EUR#2025-10": {"amount": "0.0300", "charges": "1"},
            "cost#unverified#EUR#2025-10": {"amount": "0.0600", "charges": "2"},
        }
        self.assertEqual(self.items(), expected)

    def test_a_charge_whose_claim_was_lost_counts_once(self) -> None:
        payload = {"id": "a1", "price": PRICE}
        self.assertTrue(self.deliver("verify.attempt", payload, "evt_a", created_at=EARLY))
        for id in self.items("claims"):
            self.dynamodb.delete_item(TableName="claims", Key={"id": {"S": id}})
        self.assertTrue(self.deliver("verify.attempt", payload, "evt_a", created_at=EARLY))
        self.assertEqual(self.items()["cost#EUR#2025-10"], {"amount": "0.0300", "charges": "1"})

    def test_currencies_and_months_have_sums_of_their_own(self) -> None:
        for id, currency, time in (("1", "EUR", EARLY), ("2", "USD", EARLY), ("3", "EUR", "2025-11-01T00:00:00Z")):
            self.deliver("verify.attempt", {"id": id, "price": {"amount": 1, "currency": currency}, "time": time})
        sums = {id for id in self.items() if id.startswith("cost#")}
        self.assertEqual(sums, {"cost#EUR#2025-10", "cost#USD#2025-10", "cost#EUR#2025-11"})

    def test_an_incomplete_charge_fails(self) -> None:
        for payload in (
            {"price": PRICE, "time": EARLY},
            {"id": "a", "price": {"amount": 1}, "time": EARLY},
            {"id": "a", "price": PRICE},
            {"id": "a", "price": PRICE, "time": "0000-01-01T00:00:00Z"},
            {"id": "a", "price": {"amount": "0." + "1" * 39, "currency": "EUR"}, "time": EARLY},
        ):
            with self.subTest(payload):
                self.assertFalse(self.deliver("verify.attempt", payload))
        self.assertEqual(self.items(), {})

    def test_a_conflict_of_transactions_fails(self) -> None:
        app = sys.modules["app"]
        canceled = app.dynamodb.exceptions.TransactionCanceledException(
            {"Error": {}, "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]}, "TransactWriteItems"
        )
        payload = {"id": "a1", "price": PRICE, "time": EARLY}
        with patch.object(app.dynamodb, "transact_write_items", side_effect=canceled):
            self.assertFalse(self.deliver("verify.attempt", payload, "evt_a"))
        self.assertTrue(self.deliver("verify.attempt", payload, "evt_a"))
        self.assertEqual(self.items()["cost#EUR#2025-10"]["charges"], "1")

    def test_digits_are_exact_or_an_error(self) -> None:
        for amount in ("0.0300", "12345678.123456789012345678901234567891", "-1", "0"):
            self.assertEqual(digits(Decimal(amount)), amount)
        self.assertEqual(Decimal(digits(Decimal("0.03" + "0" * 50))), Decimal("0.03"))
        for amount in ("0." + "1" * 39, "1E+127", "1E-200"):
            with self.assertRaisesRegex(RecordError, "38 digits"):
                digits(Decimal(amount))


class Others(ConsumerTest):
    def test_other_types_are_ignored(self) -> None:
        for type, payload in (
            ("marketing.subscription.help", {"from": "+1"}),
            ("marketing.subscription.carrier_disconnect", {"from": "+1"}),
            ("verify.newer", {"price": PRICE}),
            ("delivery_status", None),
            ("verify.attempt", {"id": "a1"}),
            ("verify.attempt", {"id": "a1", "price": {"currency": "EUR"}}),
        ):
            self.assertTrue(self.deliver(type, payload))
        self.assertEqual(self.items(), {})

    def test_an_unknown_or_missing_authentication_fails(self) -> None:
        for authentication in ("newer", "", None):
            for type, payload in (
                (STOP, {"from": "+1", "to": "36184", "received_at": EARLY}),
                (START, {"from": "+1", "to": "36184", "received_at": EARLY}),
                ("verify.attempt", {"id": "a1", "price": PRICE, "time": EARLY}),
                ("verify.newer", {}),
            ):
                with self.subTest(type, authentication=authentication):
                    self.assertFalse(self.deliver(type, payload, authentication=authentication))
        self.assertEqual(self.items(), {})

    def test_the_consumers_name_begins_its_ids(self) -> None:
        self.deliver("verify.newer", {})
        (id,) = self.items("claims")
        self.assertTrue(id.startswith("example#"))

    def test_every_missing_variable_is_reported(self) -> None:
        with self.assertRaisesRegex(ValueError, "expected CONSUMER_NAME, DATA_TABLE$"):
            Settings.read({"IDEMPOTENCY_TABLE": "claims", "DATA_TABLE": " "})


if __name__ == "__main__":
    unittest.main()
