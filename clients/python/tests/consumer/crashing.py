"""Handles one message and crashes at a step: `crashing.py <table> <effects> <step> <milliseconds of the invocation>`."""

from __future__ import annotations

import sys
from typing import Any

import boto3
import faults
from prelude_events import Event
from prelude_events.powertools import Consumer
from stand_ins import batch, context, message

STEPS: dict[str, tuple[str, faults.Moment]] = {
    "before the claim": ("PutItem", "before"),
    "after the claim": ("PutItem", "after"),
    "before completion": ("UpdateItem", "before"),
    "after completion": ("UpdateItem", "after"),
}


def effect(client: Any, table: str) -> None:
    client.update_item(
        TableName=table, Key={"id": {"S": "effects"}}, UpdateExpression="ADD n :n", ExpressionAttributeValues={":n": {"N": "1"}}
    )


def main(table: str, effects: str, step: str, milliseconds: str) -> None:
    client, other = boto3.client("dynamodb"), boto3.client("dynamodb")
    if step in STEPS:
        faults.at(client, *STEPS[step], faults.crash)

    def handle(event: Event) -> None:
        if step == "before the effect":
            faults.crash()
        effect(other, effects)
        if step == "after the effect":
            faults.crash()

    consumer = Consumer(handle, name="test", table=table, client=client)
    print(consumer(batch(message()), context(int(milliseconds) / 1_000)))


if __name__ == "__main__":
    main(*sys.argv[1:])
