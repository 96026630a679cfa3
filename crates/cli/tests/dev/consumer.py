"""Reads one message like a consumer that uses boto3: by long polling, with a delete at the end."""

import json
import sys

import boto3

endpoint, queue_url = sys.argv[1:]
sqs = boto3.client(
    "sqs", endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="local", aws_secret_access_key="local"
)


def receive(seconds):
    return sqs.receive_message(
        QueueUrl=queue_url,
        MessageAttributeNames=["All"],
        AttributeNames=["All"],
        MaxNumberOfMessages=10,
        WaitTimeSeconds=seconds,
    ).get("Messages", [])


# boto3 checks the MD5 of bodies and attributes.
(message,) = receive(5)
attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
assert json.loads(message["Body"])["type"] == attributes["event_type"]
assert message["Attributes"]["ApproximateReceiveCount"] == "1"
sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
then = receive(1)
print(attributes["event_type"], attributes["source"], attributes["authentication"] + ", then", then or "nothing")
