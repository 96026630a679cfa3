"""Stand-in for Lambda's event source mapping of an SQS queue.

Receives a batch, invokes the function with the event that Lambda builds, and deletes the messages that the answer does not
list. The others stay invisible until `give_back`.
"""

import base64
from dataclasses import dataclass, field

# Long enough that no message comes back by itself.
VISIBILITY = 600


@dataclass
class Batch:
    messages: list
    end: str = "response"
    answer: object = None
    # Messages that are not deleted.
    failed: list = field(default_factory=list)


class Mapping:
    def __init__(self, sqs, url, arn):
        self._sqs, self.url, self.arn = sqs, url, arn

    def receive(self, size=10):
        """Messages, as many as there are. Other than Lambda, it does not mix new messages into the rest of a group."""
        return self._sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=size,
            VisibilityTimeout=VISIBILITY,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])

    def poll(self, function, size=10):
        """Delivers one batch. Returns it, also if it is empty."""
        return self.deliver(function, self.receive(size))

    def deliver(self, function, messages):
        batch = Batch(messages)
        if not messages:
            return batch
        batch.end, batch.answer, _ = function.run(self.event(messages))
        batch.failed = failed(batch)
        done = [message for message in messages if message not in batch.failed]
        if done:
            self._sqs.delete_message_batch(QueueUrl=self.url, Entries=entries(done))
        return batch

    def give_back(self, batch):
        """Makes what the batch left visible again, in its order."""
        for message in batch.failed:
            self._sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )

    def drain(self, function, rounds=6):
        """Delivers batches until the queue is empty. Returns them."""
        batches = []
        while len(batches) < rounds and (batch := self.poll(function)).messages:
            self.give_back(batch)
            batches.append(batch)
        return batches

    def event(self, messages):
        return {"Records": [self._record(message) for message in messages]}

    def _record(self, message):
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {
                name: attribute(value) for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self.arn,
            "awsRegion": self.arn.split(":")[3],
        }
        if "MD5OfMessageAttributes" in message:
            record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
        return record


def attribute(value):
    """A message attribute as Lambda spells it: both lists are always there, and always empty."""
    spelled = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        spelled["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        spelled["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return spelled


def failed(batch):
    """The messages that Lambda leaves in the queue: all of them, unless the answer is a list of ids of this batch."""
    if batch.end != "response":
        return batch.messages
    if batch.answer in (None, {}) or batch.answer.get("batchItemFailures") is None:
        return []
    ids = {message["MessageId"]: message for message in batch.messages}
    listed = [item.get("itemIdentifier") for item in batch.answer["batchItemFailures"]]
    if any(id not in ids for id in listed):
        return batch.messages
    return [message for message in batch.messages if message["MessageId"] in listed]


def entries(messages):
    return [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]
