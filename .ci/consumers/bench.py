"""A consumer's process, its tables, and two receivers: one with standard queues, one with FIFO queues."""

import contextlib
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / ".ci/deployment"))

from dynamodb import REGION
from runtime_api import Function

# As in the examples' templates.
TIMEOUT = 30


class Bench:
    def __init__(self, checks, command, folder, template, dynamodb, standard, fifo):
        self.checks, self.dynamodb, self.standard, self.fifo = checks, dynamodb, standard, fifo
        self.name = dynamodb.claims.removesuffix("-claims")
        self.template, self._command, self._folder = template, command, folder
        self._functions = []
        # The lines of all processes, in the order of their arrival.
        self.log = []
        self.function = None

    def __enter__(self):
        self.function = self.start()
        return self

    def __exit__(self, *_):
        for function in self._functions:
            function.__exit__()

    def environment(self):
        return {
            "CONSUMER_NAME": self.name,
            "IDEMPOTENCY_TABLE": self.dynamodb.claims,
            "DATA_TABLE": self.dynamodb.data,
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": "INFO",
            "LAMBDA_TASK_ROOT": str(self._folder),
            "_HANDLER": "app.handler",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            # Keeps the working tree unchanged.
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def start(self, without=None):
        """Starts a process, and waits until it asks for an event, or has ended."""
        environment = {name: value for name, value in self.environment().items() if name != without}
        function = Function(self._command, environment, TIMEOUT, self._folder, self.log)
        self._functions.append(function)
        while function.is_running() and not function.is_ready.wait(0.02):
            pass
        return function

    def ensure_running(self):
        if not self.function.is_running():
            self.function = self.start()

    def logged(self, since, text):
        """The first line with this text, or None. It may still be in the pipe."""
        for _ in range(100):
            for line in self.log[since:]:
                if text in line:
                    return line
            time.sleep(0.02)
        return None

    @contextlib.contextmanager
    def fault(self, fault):
        self.dynamodb.fault = fault
        try:
            yield
        finally:
            self.dynamodb.fault = None

    def succeeds(self, what, batch):
        """Checks that every message of a batch was done."""
        is_done = batch.messages and batch.end == "response" and not batch.failed
        self.checks.that(what, is_done, (len(batch.messages), batch.end, batch.answer))

    def fails(self, what, batch, expected):
        """Checks that a batch was answered, and that the answer lists the messages with these bodies."""
        found = sorted(message["Body"] for message in batch.failed)
        self.checks.that(f"{what}: the batch is answered", batch.end == "response", (batch.end, batch.answer))
        names = {message["MessageId"]: message["Body"][:60] for message in batch.messages}
        self.checks.that(what, found == sorted(expected), (names, batch.answer))
