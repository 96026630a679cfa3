"""Errors outside of any record: the invocation or the start fails, and nobody takes it for an empty list of failures."""

import events
from dynamodb import refusal


def missing_settings(bench):
    for name in ("CONSUMER_NAME", "IDEMPOTENCY_TABLE", "DATA_TABLE"):
        lines = len(bench.log)
        function = bench.start(without=name)
        event = {"Records": [record()]}
        end, answer, _ = function.run(event)
        bench.checks.that(f"without {name}: the start fails", end in ("error", "ended"), (end, answer))
        shown = f"{answer} {''.join(bench.log[lines:])}"
        bench.checks.that(f"without {name}: the error names it", name in shown, shown[-1000:])
        function.kill()


def no_sqs_event(bench):
    other = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}
    for what, event in [("an event of EventBridge", other), ("an empty object", {}), ("a list", [])]:
        bench.ensure_running()
        end, answer, _ = bench.function.run(event)
        bench.checks.that(f"{what}: the invocation fails", end in ("error", "ended"), (end, answer))
    bench.ensure_running()


def tables_missing(bench):
    """A table that is missing fails each record."""
    event = events.attempt("0.01", events.currency())
    bench.standard.deliver(events.text(event))
    queue = bench.standard.queue("verify-attempt")
    away = lambda call, point: refusal("ResourceNotFoundException", "Requested resource not found")
    with bench.fault(away):
        batch = queue.poll(bench.function)
    bench.checks.that("no table: the message stays", len(batch.failed) == len(batch.messages) == 1, batch)
    queue.give_back(batch)
    bench.ensure_running()
    bench.succeeds("the tables are back: the message is done", queue.poll(bench.function))


def record():
    return {
        "messageId": "00000000-0000-4000-8000-000000000000",
        "receiptHandle": "handle",
        "body": events.text(events.attempt("0.01", "EUR")),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:queue",
        "awsRegion": "eu-west-1",
    }


CASES = [
    ("a variable is missing at the start", missing_settings),
    ("the event is not SQS's", no_sqs_event),
    ("the tables are missing", tables_missing),
]
