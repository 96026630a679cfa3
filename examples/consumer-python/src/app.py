"""The Lambda function: unsubscribes users who send STOP, and adds up the cost of verification."""

from __future__ import annotations

import os

import boto3
from aws_lambda_powertools import Logger
from prelude_events import Dispatcher, Event
from prelude_events.powertools import Consumer

from authentication import is_signed
from costs import Costs
from settings import Settings
from subscriptions import Subscriptions

settings = Settings.read(os.environ)
logger = Logger(service=settings.consumer_name)
dynamodb = boto3.client("dynamodb")


def ignore(event: Event) -> None:
    """Gets all other types, also those that are newer than this function."""
    logger.info("event ignored", extra={"event_type": event.type, "event_id": event.id})


dispatcher: Dispatcher[None] = Dispatcher(fallback=ignore)

subscriptions = Subscriptions(dynamodb, settings.data_table)
dispatcher.on("marketing.subscription.stop", subscriptions.stop)
dispatcher.on("marketing.subscription.start", subscriptions.start)

costs = Costs(dynamodb, settings.data_table, ignore)
dispatcher.on("verify.authentication", costs.authentication)
dispatcher.on("verify.attempt", costs.attempt)
dispatcher.on("verify.delivery_status", costs.delivery_status)
dispatcher.on("authentication", costs.v1_authentication)
dispatcher.on("attempt", costs.v1_attempt)


def handle(event: Event) -> None:
    # Also fails ignored events of an unknown sender.
    is_signed()
    dispatcher.dispatch(event)


handler = Consumer(handle, name=settings.consumer_name, table=settings.idempotency_table, client=dynamodb)
