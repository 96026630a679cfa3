from __future__ import annotations

import asyncio
import sys
import unittest
from datetime import timedelta
from typing import Any
from unittest.mock import Mock, patch

import stand_ins
from prelude_events import Dispatcher, Event, ParseError, UnknownEvent, VerifyAttempt
from prelude_events.powertools import Consumer, RecordError, message_attributes
from stand_ins import batch, context, failed, ids, logged, message


class BatchTest(unittest.TestCase):
    def setUp(self) -> None:
        self.table = stand_ins.table()
        self.handled: list[Event] = []

    def consumer(self, handle: Any = None, **options: Any) -> Consumer:
        arguments = {"name": "test", "table": self.table, "client": stand_ins.client(), **options}
        return Consumer(handle or self.handled.append, **arguments)

    def run_batch(self, handle: Any, *records: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
        with logged() as lines:
            report = self.consumer(handle)(batch(*records), context())
            return failed(report), lines()


class Records(BatchTest):
    def test_every_event_is_handled(self) -> None:
        newer = message('{"type":"verify.newer","payload":{"a":1}}', "evt_2")
        failures, lines = self.run_batch(None, message(), newer)
        self.assertEqual((failures, lines), ([], []))
        self.assertIsInstance(self.handled[0], VerifyAttempt)
        self.assertIsInstance(self.handled[1], UnknownEvent)

    def test_one_bad_record_never_fails_the_batch(self) -> None:
        bad = [
            message("no JSON", "evt_1"),
            message('{"type":"verify.attempt","payload":{"price":[1]}}', "evt_2"),
            message("", "evt_3"),
            message("[" * 100_000, "evt_4"),
            message(event_id=None),
            message(event_id=""),
            message("e30=", "evt_5", encoding="base64"),
            message() | {"body": None},
            message() | {"body": {"type": "verify.attempt"}},
            message() | {"messageAttributes": None},
            message() | {"messageAttributes": ["event_id"]},
            message() | {"messageAttributes": {"event_id": "evt_6"}, "body": "{}"},
        ]
        good = [message(event_id=f"good_{number}") for number in range(len(bad) + 1)]
        records = [good[0], *(record for pair in zip(bad, good[1:]) for record in pair)]
        failures, lines = self.run_batch(None, *records)
        self.assertEqual(failures, ids(*bad))
        self.assertEqual([line["message_id"] for line in lines], ids(*bad))
        self.assertEqual(len(self.handled), len(good))

    def test_a_batch_of_bad_records_is_reported_and_not_raised(self) -> None:
        records = [message("no JSON", "evt_1"), message("no JSON", "evt_2")]
        self.assertEqual(self.run_batch(None, *records)[0], ids(*records))

    def test_whatever_a_handler_raises_fails_its_record_alone(self) -> None:
        class Own(BaseException):
            pass

        def recurse(event: Any) -> Any:
            return recurse(event)

        def cancelled(event: Any) -> None:
            raise asyncio.CancelledError

        def own(event: Any) -> None:
            raise Own

        def model(event: Any) -> None:
            # Powertools compares these members with its own.
            error = ValueError()
            error.title = None  # type: ignore[attr-defined]
            error.response = {"Error": "odd"}  # type: ignore[attr-defined]
            raise error

        for handle, name in (
            (lambda event: 1 / 0, "ZeroDivisionError"),
            (lambda event: sys.exit(0), "SystemExit"),
            (recurse, "RecursionError"),
            (cancelled, "CancelledError"),
            (own, "Own"),
            (model, "ValueError"),
        ):
            with self.subTest(name):
                bad, good = message('{"type":"verify.bad"}', "evt_bad"), message(event_id=f"evt_{name}")
                dispatcher: Dispatcher[Any] = Dispatcher(handle)
                dispatcher.on("verify.attempt", self.handled.append)
                failures, lines = self.run_batch(dispatcher, bad, good)
                self.assertEqual(failures, ids(bad))
                self.assertEqual([line["error"] for line in lines], [name])
        self.assertEqual(len(self.handled), 6)

    def test_a_failed_record_is_handled_when_it_comes_again(self) -> None:
        outcomes = [RecordError("later"), None]

        def handle(event: Event) -> None:
            outcome = outcomes.pop(0)
            if outcome:
                raise outcome

        self.assertEqual(len(self.run_batch(handle, message())[0]), 1)
        self.assertEqual(stand_ins.items(self.table), [])
        self.assertEqual(self.run_batch(handle, message())[0], [])
        self.assertEqual(outcomes, [])

    def test_ctrl_c_ends_the_batch(self) -> None:
        def handle(event: Event) -> None:
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.run_batch(handle, message())

    def test_a_handler_reads_the_attributes_of_its_message(self) -> None:
        found: list[str] = []

        def handle(event: Event) -> None:
            found.append(message_attributes()["authentication"]["stringValue"])

        self.run_batch(handle, message(), message(event_id="evt_2", authentication="secret_path"))
        self.assertEqual(found, ["signature", "secret_path"])
        with self.assertRaises(LookupError):
            message_attributes()

    def test_work_that_is_not_done_is_a_failure(self) -> None:
        async def later() -> None:
            self.fail("not awaited")

        self.assertEqual(len(self.run_batch(lambda event: later(), message())[0]), 1)
        self.assertEqual(stand_ins.items(self.table), [])
        with self.assertRaises(TypeError):
            Consumer(asynchronous, name="test", table=self.table)


async def asynchronous(event: Event) -> None:
    raise NotImplementedError


class Invocations(BatchTest):
    def test_an_error_outside_of_any_record_is_raised(self) -> None:
        consumer = self.consumer()
        wrong: Any
        for wrong in ({}, {"Records": []}, {"Records": None}, {"Records": [7]}, {"requests": [message()]}, None):
            with self.subTest(wrong), self.assertRaises(Exception):
                consumer(wrong, context())
        # A report without the id would mean that the record is done.
        nameless = message("no JSON")
        del nameless["messageId"]
        with logged(), self.assertRaises(KeyError):
            consumer(batch(nameless), context())
        no_context: Any = None
        with self.assertRaises(TypeError):
            consumer(batch(message()), no_context)
        self.assertEqual(self.handled, [])

    def test_a_consumer_without_a_name_or_a_table_is_an_error_at_start(self) -> None:
        wrong: Any
        for wrong in ("", "  ", None, 7):
            for argument in ("name", "table"):
                with self.subTest(argument), self.assertRaisesRegex(ValueError, argument):
                    self.consumer(**{argument: wrong})
        with self.assertRaises(ValueError):
            self.consumer(expires_after=timedelta())
        with self.assertRaises(TypeError):
            self.consumer("handle")
        with self.assertRaises(TypeError):
            Consumer(self.handled.append, table=self.table)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


class Fifo(BatchTest):
    def handle(self, event: Event) -> None:
        if event.id == "bad":
            raise ValueError
        self.handled.append(event)

    def test_the_rest_of_a_group_returns(self) -> None:
        def event(name: str) -> str:
            return f'{{"type":"verify.attempt","id":"{name}"}}'

        records = [
            message(event("a1"), "a1", "a"),
            message(event("b1"), "b1", "b"),
            message(event("bad"), "a2", "a"),
            message(event("b2"), "b2", "b"),
            message(event("a3"), "a3", "a"),
            message("no JSON", "c1", "c"),
            message(event("a4"), "a4", "a"),
            message(event("c2"), "c2", "c"),
            message(event("b3"), "b3", "b"),
        ]
        failures, lines = self.run_batch(self.handle, *records)
        self.assertEqual([event.id for event in self.handled], ["a1", "b1", "b2", "b3"])
        self.assertEqual(failures, ids(*(records[index] for index in (2, 4, 5, 6, 7))))
        self.assertEqual(
            [(line["event_id"], line["message"], line["error"]) for line in lines],
            [
                ("a2", "record failed", "ValueError"),
                ("a3", "record not started", "SQSFifoMessageGroupCircuitBreakerError"),
                ("c1", "record failed", "ParseError"),
                ("a4", "record not started", "SQSFifoMessageGroupCircuitBreakerError"),
                ("c2", "record not started", "SQSFifoMessageGroupCircuitBreakerError"),
            ],
        )
        # The groups are forgotten at the next invocation.
        self.assertEqual(self.run_batch(self.handle, records[4], records[6])[0], [])

    def test_a_standard_queue_has_no_groups(self) -> None:
        records = [message("no JSON", "e1", "a"), message(event_id="e2", group="a")]
        for record in records:
            record["eventSourceARN"] = stand_ins.STANDARD
        self.assertEqual(self.run_batch(self.handle, *records)[0], ids(records[0]))

    def test_a_whole_batch_that_fails_is_reported_and_not_raised(self) -> None:
        records = [message("no JSON", f"e{number}", "a") for number in range(3)]
        self.assertEqual(self.run_batch(self.handle, *records)[0], ids(*records))


class Time(BatchTest):
    def setUp(self) -> None:
        super().setUp()
        self.now = 0.0
        clock = patch("prelude_events.powertools._consumer.time")
        clock.start().monotonic = lambda: self.now
        self.addCleanup(clock.stop)

    def run_until(self, deadline: float, handle: Any, *records: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
        left: Any = Mock()
        left.get_remaining_time_in_millis = lambda: int((deadline - self.now) * 1_000)
        with logged() as lines:
            return failed(self.consumer(handle)(batch(*records), left)), lines()

    def slow(self, event: Event) -> None:
        self.now += 0.4
        self.handled.append(event)

    def test_no_record_starts_that_may_not_end(self) -> None:
        for group in (None, "a"):
            with self.subTest(group):
                self.handled.clear()
                records = [message(event_id=f"{group}_{number}", group=group) for number in range(4)]
                failures, lines = self.run_until(self.now + 1.1, self.slow, *records)
                self.assertEqual(len(self.handled), 2)
                self.assertEqual(failures, ids(*records[2:]))
                self.assertEqual([line["message"] for line in lines], ["record not started"] * 2)
                self.assertEqual(lines[0]["error"], "NotStarted")

    def test_the_first_record_always_starts(self) -> None:
        self.assertEqual(self.run_until(0.001, None, message())[0], [])

    def test_a_record_that_failed_took_its_time_too(self) -> None:
        def fail(event: Event) -> None:
            self.slow(event)
            raise ParseError("not_json")

        _, lines = self.run_until(0.6, fail, message(event_id="1"), message(event_id="2"))
        self.assertEqual([line["message"] for line in lines], ["record failed", "record not started"])


if __name__ == "__main__":
    unittest.main()
