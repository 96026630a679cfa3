"""Events without a signature: what is done for them, and what fails."""

import events
from jobs import summed

STOP, START, ATTEMPT = "marketing-subscription-stop", "marketing-subscription-start", "verify-attempt"


def stop(bench):
    """Applied, because it only protects the user."""
    number = events.phone()
    bench.succeeds("STOP is done", poll(bench, STOP, events.subscription("STOP", number), "secret_path"))
    item = bench.dynamodb.item(f"subscription#36184#{number}") or {}
    bench.checks.that("the number is unsubscribed", item.get("subscribed") is False, item)


def start(bench):
    """Fails, because anyone who learns the secret path could subscribe a number."""
    number, before, lines = events.phone(), len(bench.dynamodb.calls), len(bench.log)
    event = events.subscription("START", number)
    batch = poll(bench, START, event, "secret_path")
    bench.fails("START fails", batch, [events.text(event)])
    bench.checks.that("nothing is written", "data" not in bench.dynamodb.order(before))
    bench.checks.that("the log names the message", bench.logged(lines, batch.messages[0]["MessageId"]), bench.log[lines:])
    clear(bench, batch, START)


def charges(bench):
    """Booked as unverified, in a sum of its own."""
    unit, known, unknown = events.currency(), events.new("att"), events.new("att")
    for id, amount, authentication in [(known, "0.03", "signature"), (unknown, "0.04", "secret_path")]:
        batch = poll(bench, ATTEMPT, events.attempt(amount, unit, id), authentication)
        bench.succeeds(f"{authentication}: the charge is booked", batch)
    # A second report of the same charge.
    report = events.delivery_status("0.04", unit, unknown)
    bench.succeeds("its report is done", poll(bench, "verify-delivery-status", report, "secret_path"))
    summed(bench, "signature", unit, "2025-03", "0.03", 1)
    summed(bench, "secret_path", f"unverified#{unit}", "2025-03", "0.04", 1)
    for id, expected in [(known, None), (unknown, True)]:
        charge = bench.dynamodb.item(f"charge#attempt#{id}") or {"unverified": "missing"}
        bench.checks.that(f"unverified is {expected}", charge.get("unverified") is expected, charge)


def unknown_authentication(bench):
    """A newer receiver, or another sender. Every type fails, also one that the function ignores otherwise."""
    attempt = events.attempt("0.01", events.currency())
    table = [
        (STOP, events.subscription("STOP", events.phone())),
        (START, events.subscription("START", events.phone())),
        (ATTEMPT, attempt),
        (ATTEMPT, {**events.attempt("0.01", events.currency()), "type": "verify.newer"}),
    ]
    for slug, event in table:
        for authentication in ("newer", "Signature", None):
            before = len(bench.dynamodb.calls)
            batch = poll(bench, slug, event, authentication)
            what = f"{event['type']} with authentication {authentication}"
            bench.fails(f"{what} fails", batch, [events.text(event)])
            bench.checks.that(f"{what}: nothing is written", "data" not in bench.dynamodb.order(before))
            clear(bench, batch, slug)
    # The failures block nothing: the same event is done once it is signed.
    bench.succeeds("the signed event is done", poll(bench, ATTEMPT, attempt, "signature"))


def poll(bench, slug, event, authentication):
    """Delivers one event with this attribute, past the receiver."""
    attributes = events.attributes(event, authentication=authentication)
    present = {name: value for name, value in attributes.items() if value is not None}
    bench.standard.put(slug, events.text(event), present)
    return bench.standard.queue(slug).poll(bench.function)


def clear(bench, batch, slug):
    bench.standard.queue(slug).give_back(batch)
    bench.standard.take(slug)


CASES = [
    ("an unsigned STOP", stop),
    ("an unsigned START", start),
    ("unsigned charges", charges),
    ("an unknown authentication", unknown_authentication),
]
