"""moto's DynamoDB behind a proxy that records every call, and that can kill the caller at any of them.

A call passes two points: before it is forwarded, and after it took effect while its answer is still here.
"""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import boto3

REGION = "eu-west-1"
BEFORE, AFTER = "before", "after"

# Actions of the parts of a transaction.
ACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


# Equal only to itself: a repeated call is another one.
@dataclass(eq=False)
class Call:
    operation: str
    # For each item: the action that the caller's role needs, the table, and the item's id.
    parts: list
    is_forwarded: bool = False

    @property
    def table(self):
        return self.parts[0][1]

    @property
    def ids(self):
        return [id for _, _, id in self.parts]


class DynamoDb:
    """The two tables of a consumer, and the endpoint that the consumer gets."""

    def __init__(self, moto, name):
        self.claims, self.data = f"{name}-claims", f"{name}-data"
        self.calls = []
        # Called with each call and its point. Returns None, or an answer in place of DynamoDB's.
        self.fault = None
        self.client = boto3.client(
            "dynamodb",
            endpoint_url=moto,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self._moto = urlsplit(moto)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.endpoint = "http://127.0.0.1:%d" % self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        for table in (self.claims, self.data):
            self.client.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        return self

    def __exit__(self, *_):
        for table in (self.claims, self.data):
            self.client.delete_table(TableName=table)
        self._server.shutdown()
        self._server.server_close()

    def item(self, id):
        """An item of the data table without its types, or None. Numbers are their digits."""
        item = self.client.get_item(TableName=self.data, Key={"id": {"S": id}}, ConsistentRead=True).get("Item")
        return item and plain(item)

    def claim_items(self):
        pages = self.client.get_paginator("scan").paginate(TableName=self.claims)
        return [plain(item) for page in pages for item in page["Items"]]

    def effects(self, id, since=0):
        """Number of calls that DynamoDB received and that write this item of the data table."""
        return sum(call.is_forwarded and id in call.ids for call in self.calls[since:] if call.table == self.data)

    def order(self, since):
        """The tables of the calls, in order."""
        names = {self.claims: "claims", self.data: "data"}
        return [names.get(call.table, call.table) for call in self.calls[since:]]

    def used(self, table):
        """The actions that the caller needed on a table."""
        return {f"dynamodb:{action}" for call in self.calls for action, name, _ in call.parts if name == table}

    def _handler(dynamodb):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                call = dynamodb._record(self.headers, body)
                answer = dynamodb._ask_fault(call, BEFORE)
                if answer is None:
                    call.is_forwarded = True
                    answer = dynamodb._forward(self.path, self.headers, body)
                    answer = dynamodb._ask_fault(call, AFTER) or answer
                status, headers, content = answer
                try:
                    self.send_response(status)
                    for name, value in headers:
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    # The caller was killed.
                    self.close_connection = True

            def log_message(self, *_):
                pass

        return Handler

    def _record(self, headers, body):
        operation = headers["X-Amz-Target"].rsplit(".", 1)[-1]
        request = json.loads(body)
        items = [pair for item in request.get("TransactItems", []) for pair in item.items()]
        parts = [
            (ACTIONS.get(name, name), part.get("TableName"), key(part))
            for name, part in items or [(operation, request)]
        ]
        call = Call(operation, parts)
        with self._lock:
            self.calls.append(call)
        return call

    def _ask_fault(self, call, point):
        return self.fault(call, point) if self.fault else None

    def _forward(self, path, headers, body):
        connection = http.client.HTTPConnection(self._moto.hostname, self._moto.port, timeout=60)
        try:
            kept = {k: v for k, v in headers.items() if k.lower() not in ("connection", "content-length", "expect")}
            connection.request("POST", path, body, kept)
            response = connection.getresponse()
            content = response.read()
            dropped = ("connection", "content-length", "transfer-encoding")
            return response.status, [(k, v) for k, v in response.getheaders() if k.lower() not in dropped], content
        finally:
            connection.close()


def key(part):
    return (part.get("Key") or part.get("Item") or {}).get("id", {}).get("S")


def plain(item):
    return {name: next(iter(value.values())) for name, value in item.items()}


def refusal(code, message, **members):
    """DynamoDB's answer to a call that it refuses."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, **members}
    return 400, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(body).encode()


def conflict(call):
    """The refusal of a write while another transaction holds one of its items."""
    if call.operation == "TransactWriteItems":
        codes = ["TransactionConflict", "None"]
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
        reasons = [{"Code": code, "Message": None} for code in codes]
        return refusal("TransactionCanceledException", message, Message=message, CancellationReasons=reasons)
    return refusal("TransactionConflictException", "Transaction is ongoing for the item")


def now_ms():
    return time.time() * 1000
