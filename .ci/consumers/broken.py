"""Messages that fail: alone, with a line in the log, and without personal data in it."""

import base64
import json

import events


def broken(bench):
    """Broken records between good ones in one batch: they fail alone, reach the dead-letter queue, and show nothing."""
    checks, receiver, queue = bench.checks, bench.standard, bench.standard.queue("verify-attempt")
    unit = events.currency()
    good = [events.attempt("0.01", unit) for _ in range(2)]
    bad = broken_records(unit)
    before, lines = len(bench.dynamodb.calls), len(bench.log)
    receiver.deliver(events.text(good[0]))
    for body, attributes in bad.values():
        receiver.put("verify-attempt", body, attributes)
    receiver.deliver(events.text(good[1]))
    # Standard queues can return fewer messages than there are.
    messages = []
    while received := queue.receive():
        messages += received
    batch = queue.deliver(bench.function, messages)
    bench.fails("the broken records fail, and no other", batch, [body for body, _ in bad.values()])
    item = bench.dynamodb.item(f"cost#{unit}#2025-03")
    checks.that("the good records are done", item and item["charges"] == "2", item)
    checks.that("nothing else is written", bench.dynamodb.order(before).count("data") == 2)
    for message in batch.failed:
        (what,) = [name for name, (body, _) in bad.items() if body == message["Body"]]
        line = bench.logged(lines, message["MessageId"])
        checks.that(f"{what}: one JSON line names the message", is_json(line), bench.log[lines:][-12:])
        event_id = bad[what][1].get("event_id")
        if event_id:
            checks.that(f"{what}: the line names the event", event_id in str(line), line)
    queue.give_back(batch)
    rounds = queue.drain(bench.function, rounds=8)
    checks.that("SQS gives up after five receipts", len(rounds) == 4, [len(batch.failed) for batch in rounds])
    dead = receiver.take("verify-attempt-dlq")
    checks.same("the dead-letter queue has the broken records", (m["Body"] for m in dead), (b for b, _ in bad.values()))


def broken_records(unit):
    """Name, body and attributes. Each body is unique, because a message is recognized by it."""
    event = lambda **payload: events.attempt("0.01", unit, **payload)
    texts = {
        "a text in place of the payload": {**event(), "payload": events.PRIVATE},
        "a text in place of the price": event(price=events.PRIVATE),
        "an object in place of a text": event(id={"private": events.PRIVATE}),
        "a price without a currency": event(price={"amount": 0.01}),
        "a price without an id": events.without(event(), "payload", "id"),
    }
    records = {name: (events.text(body), events.attributes(body)) for name, body in texts.items()}
    plain = event()
    records["not JSON"] = (f"{{{events.PRIVATE} {events.new('x')}", events.attributes(plain))
    other = event()
    records["no event_id"] = (events.text(other), {**events.attributes(other), "event_id": None})
    parked = event()
    encoded = base64.b64encode(events.text(parked).encode()).decode()
    records["a parked body"] = (encoded, events.attributes(parked, reason="oversize", encoding="base64"))
    drop = lambda attributes: {name: value for name, value in attributes.items() if value is not None}
    return {name: (body, drop(attributes)) for name, (body, attributes) in records.items()}


def broken_subscriptions(bench):
    """Subscriptions without a member that the job needs."""
    whole = lambda: events.subscription("STOP", events.phone())
    bad = [
        events.without(whole(), "payload", "from"),
        events.without(whole(), "payload", "to"),
        {**whole(), "payload": {**whole()["payload"], "from": ""}},
        events.without(events.without(whole(), "payload", "received_at"), "created_at"),
        events.without(events.subscription("STOP", events.phone(), received_at="yesterday"), "created_at"),
    ]
    queue = bench.standard.queue("marketing-subscription-stop")
    before = len(bench.dynamodb.calls)
    for event in bad:
        bench.standard.put("marketing-subscription-stop", events.text(event), events.attributes(event))
    batch = queue.poll(bench.function)
    bench.fails("each of them fails", batch, map(events.text, bad))
    bench.checks.that("nothing is written for them", "data" not in bench.dynamodb.order(before))
    queue.give_back(batch)
    bench.standard.take("marketing-subscription-stop")


def is_json(line):
    try:
        return isinstance(json.loads(line or ""), dict)
    except ValueError:
        return False


CASES = [
    ("broken records", broken),
    ("broken subscriptions", broken_subscriptions),
]
