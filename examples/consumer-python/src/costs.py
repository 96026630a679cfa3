"""The cost of verification: each charge once, and a sum for each currency and month.

Unsigned charges have sums of their own, because anyone who learns the secret path can send them. Compare these sums
with the invoice.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException, Rounded
from typing import TYPE_CHECKING

from boto3.dynamodb.types import DYNAMODB_CONTEXT
from prelude_events import (
    Event,
    Price,
    Timestamp,
    V1Attempt,
    V1Authentication,
    VerifyAttempt,
    VerifyAuthentication,
    VerifyDeliveryStatus,
)
from prelude_events.powertools import RecordError

from authentication import is_signed
from times import time_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

# DynamoDB holds 38 digits. Of longer numbers, only zeros at the end may go.
EXACT = DYNAMODB_CONTEXT.copy()
EXACT.traps[Rounded] = False


class Costs:
    def __init__(self, dynamodb: DynamoDBClient, table: str, ignore: Callable[[Event], None]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._ignore = ignore

    def authentication(self, event: VerifyAuthentication) -> None:
        self._charge(event, "verification", event.payload.verification_id, event.payload.price, event.payload.time)

    def attempt(self, event: VerifyAttempt) -> None:
        self._charge(event, "attempt", event.payload.id, event.payload.price, event.payload.time)

    def delivery_status(self, event: VerifyDeliveryStatus) -> None:
        # Carries the price of its attempt again.
        self._charge(event, "attempt", event.payload.attempt_id, event.payload.price, event.payload.time)

    def v1_authentication(self, event: V1Authentication) -> None:
        self._charge(event, "authentication", event.payload.auth_uuid, event.payload.price, event.payload.time)

    def v1_attempt(self, event: V1Attempt) -> None:
        self._charge(event, "attempt", event.payload.attempt_uuid, event.payload.price, event.payload.time)

    def _charge(self, event: Event, kind: str, id: str | None, price: Price | None, time: Timestamp | None) -> None:
        if price is None or price.amount is None:
            self._ignore(event)
            return
        if id is None or price.currency is None:
            raise RecordError("charge is incomplete: expected an id and a currency")
        amount: AttributeValueTypeDef = {"N": digits(price.amount)}
        month = month_of(time, event.created_at)
        charge: dict[str, AttributeValueTypeDef] = {
            "id": {"S": f"charge#{kind}#{id}"},
            "amount": amount,
            "currency": {"S": price.currency},
        }
        cost = f"cost#{price.currency}#{month}"
        if not is_signed():
            charge["unverified"] = {"BOOL": True}
            cost = f"cost#unverified#{price.currency}#{month}"
        try:
            # Both or neither: a charge that is there is in the sum.
            self._dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": charge,
                            "ConditionExpression": "attribute_not_exists(id)",
                        }
                    },
                    {
                        "Update": {
                            "TableName": self._table,
                            "Key": {"id": {"S": cost}},
                            "UpdateExpression": "ADD amount :amount, charges :one",
                            "ExpressionAttributeValues": {":amount": amount, ":one": {"N": "1"}},
                        }
                    },
                ]
            )
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code", "") for reason in error.response.get("CancellationReasons", [])]
            if codes[:1] != ["ConditionalCheckFailed"]:
                raise RecordError(f"charge is not counted: {', '.join(codes)}") from None


def digits(amount: Decimal) -> str:
    """The same number in DynamoDB's form."""
    try:
        return str(EXACT.plus(amount))
    except DecimalException:
        raise RecordError("amount does not fit into DynamoDB: expected 38 digits or fewer") from None


def month_of(*times: Timestamp | None) -> str:
    """The month in UTC, e.g. `2025-03`."""
    time, _ = time_of(*times)
    moment = time.datetime()
    if moment is None:
        raise RecordError("time is outside of the calendar: expected the years 1 to 9999")
    return f"{moment.year:04}-{moment.month:02}"
