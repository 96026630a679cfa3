"""Crashes at each boundary of each call to DynamoDB: before it is forwarded, and after it took effect.

Each crash kills the process, as Lambda does at a timeout. SQS then delivers the record again: at once, while the claim may
still be held, and after the claim has expired.
"""

import time

import events
from dynamodb import AFTER, BEFORE, now_ms, refusal

# Seconds until the claim of a killed process expires.
DEADLINE = 5


class Job:
    """One event of a job: its queue, the item that its effect writes, and a check of the tables."""

    def __init__(self, slug, body, item, is_right):
        self.slug, self.body, self.item, self.is_right = slug, body, item, is_right


def stop(bench):
    number = events.phone()
    item = f"subscription#36184#{number}"
    stored = lambda: bench.dynamodb.item(item) or {}
    is_right = lambda: stored().get("subscribed") is False and stored()["as_of_nanos"] == str(events.AT)
    return Job("marketing-subscription-stop", events.text(events.subscription("STOP", number)), item, is_right)


def charge(bench):
    unit, id = events.currency(), events.new("att")
    item = f"charge#attempt#{id}"
    summed = lambda: bench.dynamodb.item(f"cost#{unit}#2025-03") or {}
    is_right = lambda: bench.dynamodb.item(item) and (summed().get("amount"), summed()["charges"]) == ("0.03", "1")
    return Job("verify-attempt", events.text(events.attempt("0.03", unit, id)), item, is_right)


def crashes(bench):
    waiting = [crash for name, make in (("STOP", stop), ("charge", charge)) for crash in of_job(bench, name, make)]
    for what, job, queue, batch, before, count, expires_at in waiting:
        time.sleep(max(0, expires_at - time.monotonic()))
        queue.give_back(batch)
        bench.succeeds(f"{what}: it is done after the claim has expired", queue.poll(bench.function))
        finish(bench, what, job, before, count)


def of_job(bench, name, make):
    """Runs one event without a crash, and then one per boundary. Yields the crashes that wait for their claim's end."""
    order = clean(bench, name, make(bench))
    for number in range(len(order)):
        for point in (BEFORE, AFTER):
            yield from crash(bench, name, make(bench), order, number, point)


def clean(bench, name, job):
    before, queue = len(bench.dynamodb.calls), bench.standard.queue(job.slug)
    bench.standard.deliver(job.body)
    bench.succeeds(f"{name}: it is done", queue.poll(bench.function))
    order = bench.dynamodb.order(before)
    bench.checks.that(f"{name}: claim, effect, complete", order == ["claims", "data", "claims"], order)
    finish(bench, name, job, before, 1)
    return order


def crash(bench, name, job, order, number, point):
    checks, dynamodb, queue = bench.checks, bench.dynamodb, bench.standard.queue(job.slug)
    what = f"{name}, killed {point} call {number + 1} ({order[number]})"
    reached = lambda call: number > call or (number == call and point == AFTER)
    is_claimed, has_effect, is_completed = map(reached, (0, order.index("data"), last(order, "claims")))
    bench.standard.deliver(job.body)
    standby, victim = bench.start(), bench.function
    known = {item["id"] for item in dynamodb.claim_items()}
    before = len(dynamodb.calls)

    def kill(call, at):
        if at == point and dynamodb.calls.index(call) == before + number:
            victim.kill()
            return refusal("Killed", "nobody reads this")

    victim.timeout = DEADLINE
    with bench.fault(kill):
        batch = queue.poll(victim)
    bench.function = standby
    standby.timeout = DEADLINE
    killed_at = time.monotonic()
    checks.that(f"{what}: the process is killed", batch.end == "ended", (batch.end, batch.answer))
    claims = [item for item in dynamodb.claim_items() if item["id"] not in known]
    states = [item["status"] for item in claims]
    expected = ["COMPLETED"] if is_completed else ["INPROGRESS"] if is_claimed else []
    checks.that(f"{what}: the state of the claim", states == expected, (states, expected))
    if states == ["INPROGRESS"]:
        # The claim ends with the invocation, in milliseconds.
        left = int(claims[0].get("in_progress_expiration", 0)) - now_ms()
        checks.that(f"{what}: the claim ends with the invocation", 0 < left <= DEADLINE * 1000 + 500, left)
    # Once, except if the process dies between the effect and the completion. No table can know that.
    count = 2 if has_effect and not is_completed else 1
    queue.give_back(batch)
    again = queue.poll(standby)
    if is_completed or not is_claimed:
        bench.succeeds(f"{what}: the next delivery is done", again)
        finish(bench, what, job, before, count)
        return
    bench.fails(f"{what}: a delivery during the claim fails", again, [m["Body"] for m in again.messages])
    writes = dynamodb.effects(job.item, before)
    checks.that(f"{what}: nothing happens during the claim", writes == has_effect, writes)
    yield what, job, queue, again, before, count, killed_at + DEADLINE + 0.5


def last(order, table):
    return len(order) - 1 - order[::-1].index(table)


def finish(bench, what, job, before, count):
    writes = bench.dynamodb.effects(job.item, before)
    bench.checks.that(f"{what}: number of effects", writes == count, f"{writes}, expected {count}")
    bench.checks.that(f"{what}: the tables are right", job.is_right(), bench.dynamodb.item(job.item))


CASES = [("crashes", crashes)]
