"""Bodies of events, each with ids of its own."""

import json
import uuid
from datetime import datetime, timezone

# Personal data. No log may hold it.
PRIVATE = "do-not-log"
PHONE_PREFIX = "+3363998"

AT = 1_742_810_399_000_000_000


def new(prefix):
    return f"{prefix}_{uuid.uuid4().hex}"


def phone():
    return f"{PHONE_PREFIX}{uuid.uuid4().int % 10**9:09}"


def currency():
    """A word that no other case uses, so that its sums are its own."""
    return "X" + uuid.uuid4().hex[:8].upper()


def time(nanos):
    seconds, rest = divmod(nanos, 10**9)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def subscription(action, number, at=AT, **payload):
    members = {"action": action, "from": number, "to": "36184", "received_at": time(at), **payload}
    return _event(f"marketing.subscription.{action.lower()}", members)


def authentication(amount, unit, verification=None, **payload):
    members = {"verification_id": verification or new("vrf"), **_priced(amount, unit), **payload}
    return _event("verify.authentication", members)


def attempt(amount, unit, id=None, **payload):
    members = {"id": id or new("att"), "verification_id": new("vrf"), "delivery_status": "delivered"}
    return _event("verify.attempt", {**members, **_priced(amount, unit), **payload})


def delivery_status(amount, unit, attempt_id, **payload):
    members = {"id": new("dls"), "attempt_id": attempt_id, "verification_id": new("vrf"), "status": "delivered"}
    return _event("verify.delivery_status", {**members, **_priced(amount, unit), **payload})


def text(event):
    """The JSON of an event. An amount is a number with exactly the digits of its text."""
    event = json.loads(json.dumps(event))
    holder = event.get("payload", event)
    price = holder.get("price") if isinstance(holder, dict) else None
    digits = price.get("amount") if isinstance(price, dict) else None
    if not isinstance(digits, str):
        return json.dumps(event)
    price["amount"] = mark = new("amount")
    return json.dumps(event).replace(json.dumps(mark), digits)


def attributes(event, **more):
    """The message attributes that the receiver gives to an event."""
    source = "verify" if event["type"].startswith("verify.") else "notify"
    return {
        "event_type": event["type"],
        "event_id": event["id"],
        "source": source,
        "authentication": "signature",
        "received_at": time(AT),
        **more,
    }


def without(event, *path):
    """The event without one member."""
    copy = json.loads(json.dumps(event))
    holder = copy
    for name in path[:-1]:
        holder = holder[name]
    del holder[path[-1]]
    return copy


def _event(event_type, payload):
    return {"id": new("evt"), "type": event_type, "payload": payload, "created_at": time(AT + 5)}


def _priced(amount, unit):
    price = {"price": {"amount": amount, "currency": unit}} if amount else {}
    target = {"type": "phone_number", "value": phone()}
    return {**price, "target": target, "metadata": {"correlation_id": PRIVATE}, "time": time(AT)}
