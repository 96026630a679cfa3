from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
import unittest
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import faults
import stand_ins
from crashing import effect
from prelude_events import Event
from prelude_events.powertools import Consumer, RecordError
from stand_ins import batch, context, failed, ids, items, logged, message

DAYS = 24 * 3_600


class TableTest(unittest.TestCase):
    def setUp(self) -> None:
        self.table = stand_ins.table()
        self.count = 0

    def handle(self, event: Event) -> Any:
        self.count += 1
        return {"number": "+33639980001"}

    def deliver(self, record: dict[str, Any], handle: Any = None, seconds: float = 30, **options: Any) -> bool:
        """Tells whether the message was deleted."""
        arguments: dict[str, Any] = {"name": "test", "table": self.table, "client": stand_ins.client(), **options}
        with logged() as lines:
            failures = failed(Consumer(handle or self.handle, **arguments)(batch(record), context(seconds)))
            self.lines = lines()
        self.assertIn(failures, ([], ids(record)))
        return not failures


class Duplicates(TableTest):
    def test_a_retry_with_another_message_id_is_suppressed(self) -> None:
        for _ in range(3):
            self.assertTrue(self.deliver(message()))
        self.assertEqual(self.count, 1)

    def test_a_copy_in_the_same_batch_is_suppressed(self) -> None:
        consumer = Consumer(self.handle, name="test", table=self.table, client=stand_ins.client())
        self.assertEqual(failed(consumer(batch(message(), message(), message(event_id="evt_2")), context())), [])
        self.assertEqual(self.count, 2)

    def test_every_part_of_the_key_counts(self) -> None:
        for attributes in ({"source": "notify"}, {"app_id": "app"}, {"event_type": "attempt"}, {"event_id": "evt_2"}, {}):
            self.assertTrue(self.deliver(message(**attributes)))
        self.assertEqual(self.count, 5)
        self.assertTrue(self.deliver(message(request_id="another")))
        self.assertEqual(self.count, 5)

    def test_consumers_that_share_a_table_do_not_suppress_each_other(self) -> None:
        names = ["one", "two", "one#", "a.b"]
        with patch.dict(os.environ, {"AWS_LAMBDA_FUNCTION_NAME": "the-function"}):
            for name in names:
                self.assertTrue(self.deliver(message(), name=name))
        self.assertEqual(self.count, len(names))
        stored = {item["id"]["S"] for item in items(self.table)}
        self.assertEqual({id.rpartition("#")[0] for id in stored}, set(names))
        # Powertools' own form, so that another version finds the id.
        digest = hashlib.md5(json.dumps("verify##verify.attempt#evt_1").encode()).hexdigest()
        self.assertIn(f"one#{digest}", stored)

    def test_an_item_holds_neither_the_event_nor_the_result(self) -> None:
        before = time.time()
        body = '{"type":"verify.attempt","payload":{"target":{"value":"+33639980001"}}}'
        self.assertTrue(self.deliver(message(body)))
        (item,) = items(self.table)
        self.assertEqual(set(item), {"id", "status", "expiration", "in_progress_expiration", "data"})
        self.assertEqual((item["status"], item["data"]), ({"S": "COMPLETED"}, {"S": "null"}))
        self.assertAlmostEqual(int(item["expiration"]["N"]), before + 30 * DAYS, delta=30)
        self.assertAlmostEqual(int(item["in_progress_expiration"]["N"]) / 1_000, before + 30, delta=10)
        self.assertNotIn("+336", json.dumps(item))

    def test_an_event_is_handled_again_after_its_expiry(self) -> None:
        self.assertTrue(self.deliver(message(), expires_after=timedelta(seconds=1)))
        self.assertTrue(self.deliver(message()))
        self.assertEqual(self.count, 1)
        time.sleep(2.1)
        self.assertTrue(self.deliver(message()))
        self.assertEqual(self.count, 2)


class Claims(TableTest):
    def test_an_event_in_progress_fails_its_record(self) -> None:
        inner: list[tuple[bool, str]] = []

        def handle(event: Event) -> None:
            inner.append((self.deliver(message()), self.lines[0]["error"]))

        self.assertTrue(self.deliver(message(), handle))
        self.assertEqual((inner, self.count), ([(False, "IdempotencyAlreadyInProgressError")], 0))
        self.assertTrue(self.deliver(message()))
        self.assertEqual(self.count, 0)

    def test_of_many_at_once_one_is_handled(self) -> None:
        release = threading.Event()
        outcomes: list[list[str]] = []

        def handle(event: Event) -> None:
            self.handle(event)
            release.wait(10)

        consumer = Consumer(handle, name="test", table=self.table, client=stand_ins.client())

        def run() -> None:
            outcomes.append(failed(consumer(batch(message()), context())))
            if len(outcomes) == 7:
                release.set()

        threads = [threading.Thread(target=run) for _ in range(8)]
        with logged():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual((self.count, len([failures for failures in outcomes if not failures])), (1, 1))

    def test_a_claim_lasts_until_the_invocations_deadline(self) -> None:
        def handle(event: Event) -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.deliver(message(), handle, seconds=1.5)
        self.assertFalse(self.deliver(message()))
        time.sleep(1.6)
        self.assertTrue(self.deliver(message()))
        self.assertEqual(self.count, 1)

    def test_each_invocation_has_its_own_deadline(self) -> None:
        consumer = Consumer(self.handle, name="test", table=self.table, client=stand_ins.client())
        for seconds in (5, 500, 50):
            event_id = f"evt_{seconds}"
            before = time.time()
            consumer(batch(message(event_id=event_id)), context(seconds))
            ends = [int(item["in_progress_expiration"]["N"]) / 1_000 - before for item in items(self.table)]
            self.assertTrue(any(abs(end - seconds) < 3 for end in ends), f"{seconds} {ends}")

    def test_disabled_idempotency_of_powertools_is_the_only_way_around_the_table(self) -> None:
        with patch.dict(os.environ, {"POWERTOOLS_IDEMPOTENCY_DISABLED": "1"}), self.assertWarns(UserWarning):
            self.assertTrue(self.deliver(message()))
        self.assertEqual((self.count, items(self.table)), (1, []))


class Faults(TableTest):
    """A record is deleted only after its effect. A fault that the table can see does not repeat the effect."""

    def faulty(self, operation: str, moment: faults.Moment, attempts: int) -> Any:
        client = stand_ins.client(attempts)
        faults.at(client, operation, moment, faults.timeout)
        return client

    def settle(self) -> None:
        """Delivers again until the message is deleted, as SQS does, after the claim's end."""
        time.sleep(1.1)
        self.assertTrue(self.deliver(message()))

    def test_a_claim_that_cannot_be_made_fails_its_record(self) -> None:
        self.assertFalse(self.deliver(message(), client=self.faulty("PutItem", "before", 1), seconds=1))
        self.assertEqual(self.lines[0]["error"], "IdempotencyPersistenceLayerError")
        self.assertEqual(self.count, 0)
        self.assertTrue(self.deliver(message()))
        self.assertEqual(self.count, 1)

    def test_a_claim_whose_response_is_lost(self) -> None:
        # With boto3's retry, too: it finds the claim of the request before.
        for attempts in (1, 3):
            with self.subTest(attempts):
                self.setUp()
                self.assertFalse(self.deliver(message(), client=self.faulty("PutItem", "after", attempts), seconds=1))
                self.assertEqual(self.count, 0)
                self.settle()
                self.assertEqual(self.count, 1)

    def test_a_completion_that_cannot_be_written(self) -> None:
        self.assertFalse(self.deliver(message(), client=self.faulty("UpdateItem", "before", 1), seconds=1))
        self.assertEqual(self.count, 1)
        self.assertFalse(self.deliver(message()))
        self.settle()
        self.assertEqual(self.count, 2)

    def test_a_completion_whose_response_is_lost(self) -> None:
        for attempts, deleted in ((1, False), (3, True)):
            with self.subTest(attempts):
                self.setUp()
                self.assertEqual(self.deliver(message(), client=self.faulty("UpdateItem", "after", attempts)), deleted)
                self.assertTrue(self.deliver(message()))
                self.assertEqual(self.count, 1)

    def test_a_claim_that_cannot_be_given_back(self) -> None:
        def fail(event: Event) -> None:
            raise RecordError("later")

        self.assertFalse(self.deliver(message(), fail, client=self.faulty("DeleteItem", "before", 1), seconds=1))
        self.assertFalse(self.deliver(message()))
        self.settle()
        self.assertEqual(self.count, 1)

    def test_a_table_that_is_not_there_fails_every_record(self) -> None:
        self.assertFalse(self.deliver(message(), table="another"))
        self.assertIn("ResourceNotFoundException", self.lines[0]["reason"])
        self.assertEqual(self.count, 0)


class Crashes(TableTest):
    """The process ends at each step around the table. Then SQS delivers the message again."""

    def effects(self) -> int:
        return int(items(self.effects_table)[0]["n"]["N"]) if items(self.effects_table) else 0

    def test_the_effect_happens_at_least_once_and_once_whenever_the_table_can_tell(self) -> None:
        for step, at_crash, is_claimed, at_end in (
            ("before the claim", 0, False, 1),
            ("after the claim", 0, True, 1),
            ("before the effect", 0, True, 1),
            # The table cannot tell these two from a crash before the effect.
            ("after the effect", 1, True, 2),
            ("before completion", 1, True, 2),
            ("after completion", 1, False, 1),
        ):
            with self.subTest(step):
                self.setUp()
                self.effects_table, client = stand_ins.table(), stand_ins.client()
                program = [sys.executable, "crashing.py", self.table, self.effects_table, step, "2000"]
                ended = subprocess.run(program, cwd=Path(__file__).parent, capture_output=True, text=True)
                claimed_until = time.monotonic() + 2
                self.assertEqual((ended.returncode, ended.stdout), (86, ""), ended.stderr)
                self.assertEqual(self.effects(), at_crash)

                def handle(event: Event) -> None:
                    effect(client, self.effects_table)

                if is_claimed:
                    self.assertFalse(self.deliver(message(), handle))
                    self.assertEqual(self.effects(), at_crash)
                    time.sleep(max(0, claimed_until - time.monotonic()))
                for _ in range(2):
                    self.assertTrue(self.deliver(message(), handle))
                    self.assertEqual(self.effects(), at_end)


if __name__ == "__main__":
    unittest.main()
