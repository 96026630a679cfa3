"""The two jobs: subscriptions by the order of events, and what verification cost."""

import time
from decimal import Decimal

import events
from dynamodb import conflict, now_ms

# More digits than a binary float holds, and no more than moto adds: 28 instead of DynamoDB's 38. moto's ADD also refuses an
# exponent, with which a decimal library may write a number below 0.000001. DynamoDB accepts it.
LONG, SHORT = "12345678.123456789012345678", "0.000001000000000001"


def order_of_events(bench):
    """STOP and START arrive from two queues, in any order. The later event counts, even if it is later by a nanosecond."""
    stop, start = (f"marketing-subscription-{word}" for word in ("stop", "start"))
    # What, the events in the order of arrival with their times, whether the number ends as subscribed, and its time.
    table = [
        ("STOP, then an older START", [("STOP", 1), ("START", 0)], False, 1),
        ("START, then a newer STOP", [("START", 0), ("STOP", 1)], False, 1),
        ("START, then an older STOP", [("START", 1), ("STOP", 0)], True, 1),
        ("STOP, then a newer START", [("STOP", 0), ("START", 1)], True, 1),
        ("STOP, then START of the same time", [("STOP", 0), ("START", 0)], False, 0),
        ("START, then STOP of the same time", [("START", 0), ("STOP", 0)], False, 0),
        ("START, STOP, START, backwards", [("START", 2), ("STOP", 1), ("START", 0)], True, 2),
    ]
    for what, arrivals, subscribed, last in table:
        number = events.phone()
        for action, nanos in arrivals:
            bench.standard.deliver(events.subscription(action, number, events.AT + nanos))
            queue = bench.standard.queue(stop if action == "STOP" else start)
            bench.succeeds(f"{what}: {action} is done", queue.poll(bench.function))
        stored(bench, what, number, subscribed, events.AT + last)
    # Without a time of its own, an event has the time at which Prelude created it: 5 ns after events.AT.
    number = events.phone()
    later = events.without(events.subscription("START", number), "payload", "received_at")
    for event, queue in [(later, start), (events.subscription("STOP", number, events.AT + 4), stop)]:
        bench.standard.deliver(event)
        bench.succeeds("created_at: it is done", bench.standard.queue(queue).poll(bench.function))
    stored(bench, "created_at", number, True, events.AT + 5)


def stored(bench, what, number, subscribed, nanos):
    item = bench.dynamodb.item(f"subscription#36184#{number}") or {}
    bench.checks.that(f"{what}: subscribed is {subscribed}", item.get("subscribed") is subscribed, item)
    bench.checks.that(f"{what}: the time is kept as sent", item.get("as_of") == events.time(nanos), item)
    bench.checks.that(f"{what}: the nanoseconds are exact", item.get("as_of_nanos") == str(nanos), item)


def cost(bench):
    """Prices once, with their exact digits, by currency and by month in UTC."""
    for what, is_reversed in [("attempt first", False), ("delivery status first", True)]:
        unit, id = events.currency(), events.new("att")
        pair = [
            ("verify-attempt", events.attempt("0.0300", unit, id)),
            ("verify-delivery-status", events.delivery_status("0.0300", unit, id)),
        ]
        rest = [("verify-authentication", events.authentication("0.009", unit))]
        deliver(bench, what, [*(reversed(pair) if is_reversed else pair), *rest])
        summed(bench, what, unit, "2025-03", "0.039", 2)
    unit, ids = events.currency(), [events.new("att") for _ in range(2)]
    both = zip(ids, (LONG, SHORT))
    deliver(bench, "long digits", [("verify-attempt", events.attempt(amount, unit, id)) for id, amount in both])
    summed(bench, "long digits", unit, "2025-03", "12345678.123457789012345679", 2)
    for id, amount in zip(ids, (LONG, SHORT)):
        charge = bench.dynamodb.item(f"charge#attempt#{id}") or {}
        bench.checks.that("long digits: a charge has them all", exact(charge.get("amount")) == amount, charge)
        bench.checks.that("long digits: a charge has its currency", charge.get("currency") == unit, charge)
    months(bench)
    without_price(bench)
    version_one(bench)


def months(bench):
    unit = events.currency()
    # Time of the payload, amount, and month in UTC.
    table = [
        ("2025-03-31T23:30:00-02:00", "0.02", "2025-04"),
        ("2025-04-01T00:30:00.123456789+02:00", "0.03", "2025-03"),
    ]
    for at, amount, _ in table:
        deliver(bench, at, [("verify-attempt", events.attempt(amount, unit, time=at))])
    created = events.without(events.attempt("0.04", unit), "payload", "time")
    deliver(bench, "created_at", [("verify-attempt", {**created, "created_at": "2025-05-31T23:59:59.999999999Z"})])
    for _, amount, month in [*table, ("", "0.04", "2025-05")]:
        summed(bench, "by month", unit, month, amount, 1)


def without_price(bench):
    before = len(bench.dynamodb.calls)
    deliver(bench, "no price", [("verify-attempt", events.attempt(None, None))])
    bench.checks.that("no price: nothing is written", "data" not in bench.dynamodb.order(before))


def version_one(bench):
    """Prelude does not sign Verify V1, so the receiver authenticates it by the secret path."""
    unit, started, tried = events.currency(), events.new("auth"), events.new("attempt")
    price = lambda amount: {"price.amount": amount, "price.currency": unit, "time": "2025-03-09T12:09:31+0000"}
    table = [
        ("v1-authentication", "authentication", {"auth_uuid": started, **price("0.009")}),
        ("v1-attempt", "attempt", {"attempt_uuid": tried, **price("0.0032")}),
        ("v1-delivery-status", "delivery_status", {"attempt_uuid": tried}),
    ]
    for slug, event_type, members in table:
        bench.standard.trigger(event_type, *(f"--set={path}={value}" for path, value in members.items()))
        bench.succeeds(f"Verify V1: {slug} is done", bench.standard.queue(slug).poll(bench.function))
    summed(bench, "Verify V1", f"unverified#{unit}", "2025-03", "0.0122", 2)
    bench.checks.that("Verify V1: no verified sum", not bench.dynamodb.item(f"cost#{unit}#2025-03"))
    for id in (f"authentication#{started}", f"attempt#{tried}"):
        charge = bench.dynamodb.item(f"charge#{id}") or {}
        bench.checks.that(f"Verify V1: {id.split('#')[0]} is unverified", charge.get("unverified") is True, charge)


def deliver(bench, what, arrivals):
    for slug, event in arrivals:
        bench.standard.deliver(events.text(event))
        bench.succeeds(f"{what}: {slug} is done", bench.standard.queue(slug).poll(bench.function))


def summed(bench, what, unit, month, amount, count):
    item = bench.dynamodb.item(f"cost#{unit}#{month}") or {}
    bench.checks.that(f"{what}: the sum is {amount}", exact(item.get("amount")) == amount, item)
    bench.checks.that(f"{what}: {count} charges", item.get("charges") == str(count), item)


def exact(digits):
    """A number as DynamoDB writes it, without zeros at its end. moto keeps them."""
    return digits and f"{Decimal(digits):f}".rstrip("0").rstrip(".") if "." in (digits or "") else digits


def transient(bench):
    """DynamoDB refuses the effect once. The record fails, its claim blocks nobody, and the next delivery does it."""
    number, id = events.phone(), events.new("att")
    arrivals = [
        ("marketing-subscription-stop", events.subscription("STOP", number), f"subscription#36184#{number}"),
        ("verify-attempt", events.attempt("0.01", events.currency(), id), f"charge#attempt#{id}"),
    ]
    for slug, event, item in arrivals:
        queue = bench.standard.queue(slug)
        bench.standard.deliver(events.text(event))
        refuse = lambda call, point: conflict(call) if item in call.ids and point == "before" else None
        before = len(bench.dynamodb.calls)
        with bench.fault(refuse):
            batch = queue.poll(bench.function)
        bench.fails(f"{slug}: the record fails", batch, [message["Body"] for message in batch.messages])
        bench.checks.that(f"{slug}: it was tried", "data" in bench.dynamodb.order(before))
        queue.give_back(batch)
        bench.succeeds(f"{slug}: the next delivery is done", queue.poll(bench.function))
        bench.checks.that(f"{slug}: the effect happens once", bench.dynamodb.effects(item, before) == 1)
        bench.checks.that(f"{slug}: the item is there", bench.dynamodb.item(item))


def little_time(bench):
    """Slow effects, and less time than the batch needs: the rest comes back, instead of a timeout that repeats all."""
    queue, unit = bench.standard.queue("verify-attempt"), events.currency()
    for _ in range(6):
        bench.standard.deliver(events.text(events.attempt("0.01", unit)))
    before, lines, started = len(bench.dynamodb.calls), len(bench.log), now_ms()
    bench.function.timeout = 4
    with bench.fault(slow(bench, 1.0)):
        batch = queue.poll(bench.function)
    took, bench.function.timeout = (now_ms() - started) / 1000, 30
    done = len(batch.messages) - len(batch.failed)
    bench.checks.that("the answer comes in time", batch.end == "response" and took < 4, (batch.end, took))
    bench.checks.that("some are done, and some come back", 0 < done < len(batch.messages), (done, batch.answer))
    unnamed = [message["MessageId"] for message in batch.failed if not bench.logged(lines, message["MessageId"])]
    bench.checks.that("the log names those that come back", not unnamed, unnamed)
    queue.give_back(batch)
    bench.succeeds("the rest is done", queue.poll(bench.function))
    bench.checks.that("each effect happens once", bench.dynamodb.order(before).count("data") == 6)
    summed(bench, "slow", unit, "2025-03", "0.06", 6)


def slow(bench, seconds):
    def delay(call, point):
        if call.table == bench.dynamodb.data and point == "before":
            time.sleep(seconds)

    return delay


CASES = [
    ("subscriptions by the order of events", order_of_events),
    ("what verification cost", cost),
    ("a failure that passes", transient),
    ("too little time for a batch", little_time),
]
