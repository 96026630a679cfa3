"""How the receiver authenticated the event that is being handled."""

from __future__ import annotations

from prelude_events.powertools import RecordError, message_attributes


def is_signed() -> bool:
    """Tells a signed event from an unsigned one, and fails a record that is neither."""
    match message_attributes():
        case {"authentication": {"stringValue": "signature"}}:
            return True
        case {"authentication": {"stringValue": "secret_path"}}:
            return False
        case _:
            # A newer receiver, or another sender.
            raise RecordError("authentication is missing or unknown: expected signature or secret_path")
