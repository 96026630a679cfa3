"""Faults of the network between a client and DynamoDB, and crashes of the process there."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal

from botocore.exceptions import ReadTimeoutError

Moment = Literal["before", "after"]
"""Before DynamoDB gets the request, or after it has acted and before the client gets the response."""


def at(client: Any, operation: str, moment: Moment, act: Callable[[], None]) -> None:
    """Acts once, at the next request of an operation."""
    session = client._endpoint.http_session
    send = session.send
    waits = True

    def faulty(request: Any) -> Any:
        nonlocal waits
        target = request.headers["X-Amz-Target"]
        target = target.decode() if isinstance(target, bytes) else target
        if not waits or not target.endswith(f".{operation}"):
            return send(request)
        waits = False
        response = send(request) if moment == "after" else None
        act()
        return response or send(request)

    session.send = faulty


def timeout() -> None:
    raise ReadTimeoutError(endpoint_url="http://dynamodb")


def crash() -> None:
    """Ends the process as Lambda does: no `except`, no `finally`."""
    os._exit(86)
