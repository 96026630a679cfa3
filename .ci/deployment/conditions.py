"""Conditions under which alarms fire, made with the real binary in the local stack.

Figures that the local stack lacks are supplied, and named.
"""

import json
import re
import socket
import socketserver
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import template
from alarms import Condition, emf
from runtime_api import Function

SQS = "AWS/SQS"
SEVEN_DAYS = 7 * 24 * 60 * 60
# Any modulus of 2,048 bits. Nothing is signed with this key.
KEY_SET = {"keys": [{"kty": "RSA", "kid": "any", "e": "AQAB", "n": "w" * 342}]}


def make_conditions(stack, binary, environment, folder, types):
    """Makes every condition, and further lines of metrics. `types` maps the event types that have a queue to their slugs."""
    event = lambda name: json.loads((folder / f"{name}.json").read_text())
    name_of = stack.physical_id(template.FUNCTION)
    function, api = {"FunctionName": name_of}, {"ApiId": stack.physical_id("Api")}
    prefix = stack.parameters["QueuePrefix"]

    def run(events, **settings):
        """The points and metric lines of these events, as Lambda and API Gateway would count them."""
        lines, points = [], []
        with Function([binary], {**environment, **settings}, timeout=9) as process:
            for event in events:
                started = time.monotonic()
                try:
                    answer, log = process.invoke(event)
                except RuntimeError:
                    points.append(("AWS/Lambda", "Errors", function, 1))
                    answer, log = {"statusCode": 500}, []
                points.append(("AWS/Lambda", "Duration", function, 1000 * (time.monotonic() - started)))
                points.append(("AWS/ApiGateway", "5xx", api, 1 if answer["statusCode"] >= 500 else 0))
                lines += emf(log)
        return {"lines": lines, "points": points}

    def fetched(url):
        apps = json.loads(environment["PRELUDE_APPS"])
        keep = lambda app: {key: app[key] for key in ("app_id", "verification_token")}
        return json.dumps([{**keep(app), "jwks_url": url} for app in apps])

    good = [path.stem for path in sorted(folder.glob("*.json")) if path.stem != "env"]
    refused = [f"rejected/{path.stem}" for path in sorted((folder / "rejected").glob("*.json"))]
    conditions = {"healthy": Condition([], **run(map(event, good)))}
    for slug in types.values():
        stack.client("sqs").purge_queue(QueueUrl=stack.queue_url(prefix + slug))
    # Lines only: they complete the list of emitted metrics.
    with key_server() as url:
        others = run(map(event, refused), PRELUDE_APPS=fetched(url))["lines"]

    parked = run([event("user.created")], PRELUDE_ROUTES='{"user.created":"nowhere"}')["lines"]
    conditions["an event is parked"] = Condition(
        ["ParkedAlarm"], lines=parked, points=[visible(stack, f"{prefix}unrouted")], is_lasting=True
    )
    run(map(event, good))
    for slug in types.values():
        fail_to_consume(stack, prefix + slug)
    conditions["consumers fail"] = Condition(
        [key for key in alarm_ids(stack) if key.startswith("DeadLettersAlarm")],
        points=[visible(stack, f"{prefix}{slug}-dlq") for slug in types.values()],
        is_lasting=True,
    )
    for what, alarms, slugs in [
        ("consumers stand still", [key for key in alarm_ids(stack) if key.startswith("QueueAlarm")], types.values()),
        ("parked messages are forgotten", ["ParkedAgeAlarm"], ["unrouted"]),
    ]:
        age = "ApproximateAgeOfOldestMessage"
        points = [(SQS, age, {"QueueName": prefix + slug}, SEVEN_DAYS) for slug in slugs]
        conditions[what] = Condition(alarms, points=points, supplied=[age], is_lasting=True)
    with silent_server() as url:
        conditions["SQS hangs"] = Condition(
            ["UnavailableAlarm", "GatewayAlarm", "DurationAlarm"],
            **run([event("session-batch")], AWS_ENDPOINT_URL_SQS=url),
        )
    conditions["the key server is down"] = Condition(
        ["UnavailableAlarm", "GatewayAlarm", "KeyFetchAlarm"],
        **run([event("user.created")], PRELUDE_APPS=fetched(f"http://127.0.0.1:{closed_port()}/jwks.json")),
    )
    conditions["Prelude has a new address"] = Condition(
        ["RefusedAddressAlarm"], **run([event("rejected/address_not_allowed")])
    )
    conditions["a key is missing"] = Condition(
        ["RefusedSignatureAlarm"], **run([event("user.created"), event("rejected/signature_wrong")])
    )
    conditions["the function does not start"] = Condition(
        ["ErrorsAlarm", "GatewayAlarm"], **run([event("user.created")], PRELUDE_QUEUE_TYPE="lifo")
    )
    conditions["no concurrent execution is left"] = Condition(
        ["ThrottlesAlarm", "GatewayAlarm"],
        points=[("AWS/Lambda", "Throttles", function, 1), ("AWS/ApiGateway", "5xx", api, 1)],
        supplied=["Throttles", "5xx"],
    )
    conditions["API Gateway throttles"] = Condition(
        ["TooManyRequestsAlarm"], points=filtered(stack, {"status": "429"}), supplied=["a line of the access log"]
    )
    return conditions, others


def alarm_ids(stack):
    return stack.of_type("AWS::CloudWatch::Alarm")


def visible(stack, name):
    attribute = "ApproximateNumberOfMessages"
    found = stack.client("sqs").get_queue_attributes(QueueUrl=stack.queue_url(name), AttributeNames=[attribute])
    return (SQS, "ApproximateNumberOfMessagesVisible", {"QueueName": name}, int(found["Attributes"][attribute]))


def fail_to_consume(stack, name):
    """Receives the queue's messages as often as a consumer that never deletes one."""
    url = stack.queue_url(name)
    for _ in range(int(stack.parameters["MaxReceiveCount"]) + 1):
        stack.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)


def filtered(stack, values):
    """Data points that the metric filters make of a line of the access log with these values."""
    (stage,) = stack.of_type("AWS::ApiGatewayV2::Stage").values()
    names = {key: "-" for key in json.loads(stage["AccessLogSettings"]["Format"])}
    line = {**names, **values}
    for made in stack.of_type("AWS::Logs::MetricFilter").values():
        field, expected = re.fullmatch(r'\{ \$\.(\w+) = "(\w+)" \}', made["FilterPattern"]).groups()
        if line[field] == expected:
            for metric in made["MetricTransformations"]:
                yield metric["MetricNamespace"], metric["MetricName"], {}, int(metric["MetricValue"])


@contextmanager
def silent_server():
    """A server that takes connections and never answers."""
    ended = threading.Event()

    class Silence(socketserver.BaseRequestHandler):
        def handle(self):
            ended.wait(30)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silence)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


@contextmanager
def key_server():
    class Keys(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(KEY_SET).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    finally:
        server.shutdown()
        server.server_close()


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
