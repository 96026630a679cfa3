"""Who may get marketing messages: the last STOP or START of each user, in the order of events, not of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prelude_events import MarketingSubscriptionStart, MarketingSubscriptionStop
from prelude_events.powertools import RecordError

from authentication import is_signed
from times import time_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Subscriptions:
    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def stop(self, event: MarketingSubscriptionStop) -> None:
        # Applied without a signature too, because an unsubscription only protects the user. Of two keywords at the same
        # time, STOP wins.
        self._apply(event, subscribed=False, newer="<=")

    def start(self, event: MarketingSubscriptionStart) -> None:
        if not is_signed():
            raise RecordError("START is not signed: expected authentication signature")
        self._apply(event, subscribed=True, newer="<")

    def _apply(
        self, event: MarketingSubscriptionStop | MarketingSubscriptionStart, *, subscribed: bool, newer: str
    ) -> None:
        change = event.payload
        if change.from_ is None or change.to is None:
            raise RecordError("subscription has no `from` or no `to`: expected both")
        time, nanos = time_of(change.received_at, event.created_at)
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": f"subscription#{change.to}#{change.from_}"}},
                UpdateExpression="SET subscribed = :subscribed, as_of = :time, as_of_nanos = :nanos",
                ConditionExpression=f"attribute_not_exists(as_of_nanos) OR as_of_nanos {newer} :nanos",
                ExpressionAttributeValues={
                    ":subscribed": {"BOOL": subscribed},
                    ":time": {"S": time},
                    ":nanos": {"N": str(nanos)},
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            # A newer event came first.
            pass
