"""A DynamoDB server of moto, messages as Lambda passes them, and Lambda's context."""

from __future__ import annotations

import io
import itertools
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

os.environ.update(
    AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-west-1", AWS_EC2_METADATA_DISABLED="true"
)
for variable in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTP_PROXY", "http_proxy", "POWERTOOLS_IDEMPOTENCY_DISABLED"):
    os.environ.pop(variable, None)

STANDARD = "arn:aws:sqs:eu-west-1:123456789012:prelude-events"
FIFO = f"{STANDARD}.fifo"
ATTEMPT = '{"type":"verify.attempt","payload":{"id":"att_1"}}'

logging.getLogger("werkzeug").setLevel(logging.WARNING)

_numbers = itertools.count()
_servers: list[ThreadedMotoServer] = []


def client(attempts: int = 1) -> Any:
    """A client of the server, which is started once."""
    if not _servers:
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        _servers.append(server)
        host, port = server.get_host_and_port()
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = f"http://{host}:{port}"
    return boto3.client("dynamodb", config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}))


def table() -> str:
    """The name of a new table with the key `id`."""
    name = f"table-{next(_numbers)}"
    client().create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def items(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client().scan(TableName=name, ConsistentRead=True)["Items"]
    return found


def message(body: str = ATTEMPT, event_id: str | None = "evt_1", group: str | None = None, **attributes: str) -> dict[str, Any]:
    """A record. Each has a message id of its own, as retries of Prelude do."""
    values = {"source": "verify", "event_type": "verify.attempt", "authentication": "signature", **attributes}
    if event_id is not None:
        values["event_id"] = event_id
    return {
        "messageId": f"message-{next(_numbers)}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"} | ({} if group is None else {"MessageGroupId": group}),
        "messageAttributes": {
            name: {"stringValue": value, "stringListValues": [], "binaryListValues": [], "dataType": "String"}
            for name, value in values.items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": STANDARD if group is None else FIFO,
    }


def batch(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def failed(report: Any) -> list[str]:
    """The message ids of a report, which has nothing else."""
    assert list(report) == ["batchItemFailures"]
    for failure in report["batchItemFailures"]:
        assert list(failure) == ["itemIdentifier"]
    return [failure["itemIdentifier"] for failure in report["batchItemFailures"]]


def ids(*records: dict[str, Any]) -> list[str]:
    return [record["messageId"] for record in records]


class Context:
    """Lambda's context, with a deadline."""

    def __init__(self, seconds: float = 30) -> None:
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1_000))


def context(seconds: float = 30) -> Any:
    return Context(seconds)


@contextmanager
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that the consumer logs."""
    (handler,) = logging.getLogger("prelude_events").handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        handler.setStream(before)
