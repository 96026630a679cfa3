"""FIFO queues: a failing record holds back its group, and no other."""

import events
from dynamodb import conflict
from jobs import summed

SLUG = "verify-attempt"


def failing_record(bench):
    """A record that always fails, in the middle of its group."""
    unit, (group, other) = events.currency(), (events.new("vrf"), events.new("vrf"))
    first, last, aside = (events.attempt("0.01", unit, verification_id=id) for id in (group, group, other))
    broken = events.attempt(None, None, verification_id=group, price={"amount": {}, "currency": unit})
    for event in (first, broken, last, aside):
        bench.fifo.deliver(events.text(event))
    queue = bench.fifo.queue(SLUG)
    lines = len(bench.log)
    batch = queue.poll(bench.function)
    groups = [message["Attributes"]["MessageGroupId"] for message in batch.messages]
    bench.checks.that("the batch has two groups", len(groups) == 4 and len(set(groups)) == 2, groups)
    bench.fails(
        "the broken record and the rest of its group come back", batch, [events.text(e) for e in (broken, last)]
    )
    for event, expected in [(first, 1), (broken, 0), (last, 0), (aside, 1)]:
        charge = f"charge#attempt#{event['payload']['id']}"
        writes = bench.dynamodb.effects(charge)
        bench.checks.that(f"the effects of record {'done' if expected else 'held back'}", writes == expected, writes)
    unnamed = [message["MessageId"] for message in batch.failed if not bench.logged(lines, message["MessageId"])]
    bench.checks.that("the log names both that come back", not unnamed, unnamed)
    queue.give_back(batch)
    rounds = queue.drain(bench.function, rounds=8)
    bench.checks.that("both come back until SQS gives up", [len(b.failed) for b in rounds] == [2] * 4, rounds)
    dead = [message["Body"] for message in bench.fifo.take(f"{SLUG}-dlq")]
    bench.checks.that("the dead-letter queue has them in order", dead == [events.text(e) for e in (broken, last)], dead)
    summed(bench, "the two others", unit, "2025-03", "0.02", 2)


def passing_failure(bench):
    """A record that fails once. Its group keeps its order."""
    unit, (group, other) = events.currency(), (events.new("vrf"), events.new("vrf"))
    sent = [events.attempt("0.01", unit, verification_id=id) for id in (group, group, group, other)]
    charges = [f"charge#attempt#{event['payload']['id']}" for event in sent]
    for event in sent:
        bench.fifo.deliver(events.text(event))
    queue, before = bench.fifo.queue(SLUG), len(bench.dynamodb.calls)
    with bench.fault(lambda call, point: conflict(call) if charges[1] in call.ids and point == "before" else None):
        batch = queue.poll(bench.function)
    bench.fails("the record and the rest of its group come back", batch, map(events.text, sent[1:3]))
    queue.give_back(batch)
    bench.succeeds("the rest is done", queue.poll(bench.function))
    calls = [call for call in bench.dynamodb.calls[before:] if call.is_forwarded]
    written = [id for call in calls for id in call.ids if id in charges]
    bench.checks.that("each effect happens once", sorted(written) == sorted(charges), written)
    bench.checks.that("the group keeps its order", [id for id in written if id != charges[3]] == charges[:3], written)
    summed(bench, "all four", unit, "2025-03", "0.04", 4)


CASES = [
    ("a FIFO group with a failing record", failing_record),
    ("a FIFO group with a failure that passes", passing_failure),
]
