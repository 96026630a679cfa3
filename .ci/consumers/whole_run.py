"""Properties of the whole run: the rights that the consumer used, and its log."""

import events
import templates


def rights(bench):
    """All calls of the run, compared with the role of the consumer's template."""
    dynamodb = bench.dynamodb
    for table, name in [(dynamodb.claims, "Claims"), (dynamodb.data, "Data")]:
        used, allowed = dynamodb.used(table), templates.allowed(bench.template, name)
        bench.checks.that(f"the role may do on {name} what the consumer does", used <= allowed, used - allowed)
        if unused := allowed - used:
            bench.checks.note(f"not used on {name}: {', '.join(sorted(unused))}")


def no_personal_data(bench):
    """The whole log of the run so far."""
    for private in (events.PRIVATE, events.PHONE_PREFIX, events.PHONE_PREFIX[1:]):
        shown = [line for line in bench.log if private in line]
        bench.checks.that(f"no line of the log holds {private}", not shown, shown[:2])


CASES = [
    ("the rights of the role", rights),
    ("no personal data in the log", no_personal_data),
]
