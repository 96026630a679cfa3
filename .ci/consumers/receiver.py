"""The receiver with its queues: `prelude dev` as a process, events through `prelude trigger`, and the queues through boto3."""

import json
import subprocess
import threading
import uuid

import boto3

from mapping import Mapping

ARN = "arn:aws:sqs:eu-west-1:123456789012:"


class Receiver:
    def __init__(self, tool, is_fifo):
        self._tool = str(tool)
        self._suffix = ".fifo" if is_fifo else ""
        command = [self._tool, "dev", "--json", *(["--fifo"] if is_fifo else [])]
        for port in ("--port", "--inspector-port", "--prelude-port", "--sqs-port"):
            command += [port, "0"]
        # Without the caller's settings, and outside of a folder with an .env file.
        self._process = subprocess.Popen(
            command, env={}, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(command)} did not start: {self._process.stderr.read()}")
        ready = json.loads(line)["ready"]
        for pipe in (self._process.stdout, self._process.stderr):
            threading.Thread(target=pipe.read, daemon=True).start()
        self._url, self._prefix = ready["receiver"], ready["queue_url_prefix"]
        self.sqs = boto3.client(
            "sqs",
            endpoint_url=ready["sqs"],
            region_name=ready["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def trigger(self, *arguments, body=None):
        """Signs and delivers events. The address of SQS is not given, because the look for the messages is a receipt."""
        command = [self._tool, "trigger", *arguments, "--url", self._url, "--json"]
        done = subprocess.run(command, input=body, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")

    def deliver(self, event, *arguments):
        """Signs and delivers one body: a text, or an object that is written as JSON."""
        text = event if isinstance(event, str) else json.dumps(event)
        self.trigger("--file", "-", *arguments, body=text)

    def put(self, slug, body, attributes, group="group"):
        """Puts a message straight into a queue, past the receiver."""
        spelled = {name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()}
        fifo = {"MessageGroupId": group, "MessageDeduplicationId": str(uuid.uuid4())} if self._suffix else {}
        self.sqs.send_message(QueueUrl=self.url(slug), MessageBody=body, MessageAttributes=spelled, **fifo)

    def queue(self, slug):
        return Mapping(self.sqs, self.url(slug), ARN + self.url(slug).rsplit("/", 1)[-1])

    def url(self, slug):
        return f"{self._prefix}{slug}{self._suffix}"

    def slugs(self):
        """Every queue that has a dead-letter queue."""
        urls = self.sqs.list_queues(MaxResults=1000)["QueueUrls"]
        names = [url.removeprefix(self._prefix).removesuffix(self._suffix) for url in urls]
        return sorted(name for name in names if f"{name}-dlq" in names)

    def depths(self):
        """The queues that hold messages, visible or not."""
        depths = {}
        for url in self.sqs.list_queues(MaxResults=1000)["QueueUrls"]:
            attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
            if depth := sum(int(attributes[kind]) for kind in kinds):
                depths[url.removeprefix(self._prefix).removesuffix(self._suffix)] = depth
        return depths

    def take(self, slug):
        """Receives and deletes all messages of a queue."""
        queue, taken = self.queue(slug), []
        while messages := queue.receive():
            for message in messages:
                self.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
            taken += messages
        return taken
