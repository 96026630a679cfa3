from __future__ import annotations

import io
import logging
import subprocess
import sys
import unittest
from typing import Any

import stand_ins
from prelude_events import Event
from prelude_events.powertools import Consumer, RecordError
from stand_ins import batch, context, items, logged, message

SECRET = "+33639980001"
BODY = f'{{"type":"verify.attempt","id":"{SECRET}","payload":{{"id":"{SECRET}","target":{{"value":"{SECRET}"}}}}}}'


def charge(event: Event) -> None:
    raise ValueError(f"cannot charge {SECRET}")


class ClientError(Exception):
    response = {"Error": {"Code": "ThrottlingException", "Message": SECRET}}


class Logging(unittest.TestCase):
    def lines(self, handle: Any, *records: dict[str, Any]) -> list[dict[str, Any]]:
        consumer = Consumer(handle, name="prices", table=stand_ins.table(), client=stand_ins.client())
        with logged() as lines:
            consumer(batch(*records), context())
            return lines()

    def test_a_failed_record_is_one_line(self) -> None:
        record = message(BODY)
        (line,) = self.lines(charge, record)
        del line["timestamp"]
        stack = line.pop("stack")
        self.assertEqual(
            line,
            {
                "level": "ERROR",
                "message": "record failed",
                "service": "prelude_events",
                "consumer": "prices",
                "message_id": record["messageId"],
                "event_type": "verify.attempt",
                "event_id": "evt_1",
                "error": "ValueError",
            },
        )
        # The innermost call comes last.
        self.assertRegex(stack[-1], r"^test_logging\.py:[0-9]+ charge$")
        self.assertEqual(len(stack), 2)

    def test_our_own_errors_have_a_reason(self) -> None:
        def handle(event: Event) -> None:
            raise RecordError("price has no currency")

        (line,) = self.lines(handle, message())
        self.assertEqual((line["error"], line["reason"]), ("RecordError", "price has no currency"))
        (line,) = self.lines(handle, message('{"type":"verify.attempt","payload":{"price":{"amount":[]}}}'))
        self.assertEqual(line["reason"], "member `price.amount` of verify.attempt has an unexpected form: found an array")

    def test_an_error_of_aws_has_its_code(self) -> None:
        def handle(event: Event) -> None:
            raise ClientError(SECRET)

        (line,) = self.lines(handle, message())
        self.assertEqual(line["error"], "ClientError ThrottlingException")

    def test_no_personal_value_is_logged_or_stored_at_any_level(self) -> None:
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        # boto3's own, too.
        for logger in (logging.getLogger(), logging.getLogger("aws_lambda_powertools")):
            self.addCleanup(logger.removeHandler, handler)
            self.addCleanup(logger.setLevel, logger.level)
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
        table = stand_ins.table()

        def chained(event: Event) -> None:
            try:
                charge(event)
            except ValueError as error:
                raise RuntimeError(SECRET) from error

        with logged() as lines:
            for handle in (charge, chained, lambda event: {"to": SECRET}):
                for body in (BODY, f'"{SECRET}"', f'{{"type":"verify.attempt","payload":{{"id":["{SECRET}"]}}}}', SECRET):
                    consumer = Consumer(handle, name="prices", table=table, client=stand_ins.client())
                    consumer(batch(message(body)), context())
            self.assertEqual(len(lines()), 11)
            self.assertNotIn(SECRET[1:], str(lines()))
        self.assertIn("Record processing exception", stream.getvalue())
        self.assertNotIn(SECRET[1:], stream.getvalue())
        self.assertNotIn(SECRET[1:], str(items(table)))

    def test_loggers_of_others_are_left_alone(self) -> None:
        program = (
            "import logging; logging.basicConfig(format='%(message)s')\n"
            "import prelude_events.powertools\n"
            "logging.getLogger('prices').warning('from another logger')"
        )
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        self.assertEqual((result.stdout, result.stderr), ("", "from another logger\n"))


if __name__ == "__main__":
    unittest.main()
