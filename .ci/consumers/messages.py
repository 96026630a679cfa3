"""Messages that are done: all types, newer types and members, duplicates."""

import json
import time
from decimal import Decimal

import events

DAY = 86_400


def every_type(bench):
    """The sample of each event type, through the receiver and its queue."""
    checks, receiver, dynamodb = bench.checks, bench.standard, bench.dynamodb
    before, claims = len(dynamodb.calls), len(dynamodb.claim_items())
    receiver.trigger("all")
    slugs = receiver.slugs()
    bodies = []
    for slug in slugs:
        batch = receiver.queue(slug).poll(bench.function)
        bench.succeeds(f"{slug} is done", batch)
        bodies += [json.loads(message["Body"]) for message in batch.messages]
    checks.that("each queue had one event", len(bodies) == len(slugs), (len(bodies), len(slugs)))
    checks.that("all queues are empty", not receiver.depths(), receiver.depths())
    expected, shared = charges(bodies)
    for id, amount in expected.items():
        charge = dynamodb.item(f"charge#{id}")
        checks.that(f"{id.split('#')[0]} is charged", charge and Decimal(charge["amount"]) == amount, charge)
        writes = dynamodb.effects(f"charge#{id}", before)
        checks.that(f"{id.split('#')[0]} is written once per event", writes == 1 + (id in shared), writes)
    for body in bodies:
        if body["type"] in ("marketing.subscription.stop", "marketing.subscription.start"):
            item = dynamodb.item(f"subscription#{body['payload']['to']}#{body['payload']['from']}")
            is_start = body["type"].endswith("start")
            checks.that(f"{body['type']} is stored", item and item["subscribed"] is is_start, item)
            checks.that(f"{body['type']} has its time", item and item["as_of"] == body["payload"]["received_at"], item)
    new = dynamodb.claim_items()
    checks.that("each event has a claim", len(new) - claims == len(slugs), (claims, len(new)))
    for item in new:
        checks.that("each claim begins with the consumer's name", item["id"].startswith(bench.name), item)
        checks.that("each claim is completed", item["status"] == "COMPLETED", item)
        days = (int(item["expiration"]) - time.time()) / DAY
        checks.that("each claim is kept for 30 days, in seconds", 29.9 < days < 30.1, item)


def charges(bodies):
    """The charges of events by id, and the ids that two events share."""
    members = {
        "verify.authentication": ("verification", "verification_id"),
        "verify.attempt": ("attempt", "id"),
        "verify.delivery_status": ("attempt", "attempt_id"),
        "authentication": ("authentication", "auth_uuid"),
        "attempt": ("attempt", "attempt_uuid"),
    }
    found, shared = {}, set()
    for body in bodies:
        payload = body.get("payload", body)
        if body["type"] in members and "price" in payload:
            prefix, member = members[body["type"]]
            id = f"{prefix}#{payload[member]}"
            shared |= {id} & set(found)
            found[id] = Decimal(str(payload["price"]["amount"]))
    return found, shared


def shared_id(bench):
    """Prelude's documented examples have one id for events of two types."""
    unit, id = events.currency(), events.new("evt")
    verification, attempt = events.authentication("0.009", unit), events.attempt("0.0300", unit)
    for event in (verification, attempt):
        bench.standard.deliver(events.text({**event, "id": id}))
    for slug in ("verify-authentication", "verify-attempt"):
        bench.succeeds(f"{slug} is done", bench.standard.queue(slug).poll(bench.function))
    item = bench.dynamodb.item(f"cost#{unit}#2025-03")
    bench.checks.that("both events are done", item and item["charges"] == "2", item)


def future_type(bench):
    """The receiver parks a type that it does not know. A newer receiver sends it to a queue that several types share."""
    event = {**events.attempt("0.01", events.currency()), "type": "verify.newer"}
    bench.standard.deliver(event)
    (parked,) = bench.standard.take("unrouted")
    attributes = {name: value["StringValue"] for name, value in parked["MessageAttributes"].items()}
    bench.checks.that("the receiver parks it", attributes.pop("reason") == "unknown_type", attributes)
    before = len(bench.dynamodb.calls)
    lines = len(bench.log)
    bench.standard.put("verify-attempt", parked["Body"], attributes)
    bench.succeeds("it is done", bench.standard.queue("verify-attempt").poll(bench.function))
    bench.checks.that("nothing is written for it", "data" not in bench.dynamodb.order(before))
    shown = bench.logged(lines, "verify.newer")
    bench.checks.that("the log names its type", shown, bench.log[lines:])


def newer_members(bench):
    """Members and words that this version does not know, and a number in place of a text."""
    unit, number = events.currency(), events.phone()
    attempt = events.attempt("0.01", unit, delivery_status="read", newer={"deep": [1, {"a": None}]})
    bench.standard.deliver(events.text({**attempt, "newer": [[]]}))
    bench.succeeds("an attempt is done", bench.standard.queue("verify-attempt").poll(bench.function))
    item = bench.dynamodb.item(f"cost#{unit}#2025-03")
    bench.checks.that("an attempt is charged", item and item["charges"] == "1", item)
    bench.standard.deliver(events.subscription("STOP", number, to=36184, newer=True))
    bench.succeeds("a STOP is done", bench.standard.queue("marketing-subscription-stop").poll(bench.function))
    item = bench.dynamodb.item(f"subscription#36184#{number}")
    bench.checks.that("a number in place of a text is its digits", item and item["subscribed"] is False, item)


def duplicates(bench):
    """The same delivery twice: two messages with one event."""
    for what, size in [("in one batch", 10), ("in two batches", 1)]:
        unit, event_id = events.currency(), events.new("att")
        queue = bench.standard.queue("verify-attempt")
        bench.standard.deliver(events.text(events.attempt("0.0300", unit, event_id)), "--duplicate")
        before = len(bench.dynamodb.calls)
        first = queue.poll(bench.function, size)
        bench.succeeds(f"{what}: the first is done", first)
        if size == 1:
            bench.succeeds(f"{what}: the second is done", queue.poll(bench.function, size))
        writes = bench.dynamodb.effects(f"charge#attempt#{event_id}", before)
        bench.checks.that(f"{what}: the effect happens once", writes == 1, writes)
        item = bench.dynamodb.item(f"cost#{unit}#2025-03")
        bench.checks.that(f"{what}: it is charged once", item and item["charges"] == "1", item)


def expired(bench):
    """DynamoDB deletes expired items days late. Until then their times count, and not their presence."""
    dynamodb, queue = bench.dynamodb, bench.standard.queue("marketing-subscription-stop")
    number, known = events.phone(), {item["id"] for item in dynamodb.claim_items()}
    stop = events.subscription("STOP", number)
    before = len(dynamodb.calls)
    for what, expected in [("new", 1), ("completed", 1), ("expired", 2)]:
        if what == "expired":
            (claim,) = [item["id"] for item in dynamodb.claim_items() if item["id"] not in known]
            dynamodb.client.update_item(
                TableName=dynamodb.claims,
                Key={"id": {"S": claim}},
                UpdateExpression="SET expiration = :then",
                ExpressionAttributeValues={":then": {"N": str(int(time.time()) - 1)}},
            )
        bench.standard.deliver(stop)
        bench.succeeds(f"{what}: it is done", queue.poll(bench.function))
        writes = dynamodb.effects(f"subscription#36184#{number}", before)
        bench.checks.that(f"{what}: the number of effects", writes == expected, writes)


CASES = [
    ("every event type", every_type),
    ("one id, two types", shared_id),
    ("a type of the future", future_type),
    ("newer members and words", newer_members),
    ("duplicates", duplicates),
    ("an expired claim", expired),
]
