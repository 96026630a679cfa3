#!/usr/bin/env python3
"""Tests template.yaml without an AWS account.

Expands the template with SAM's own code, compares it with the receiver's own lists, and creates it in moto. Then runs the
release binary with the environment that the stack gives the function, delivers every file of events/ to it, and reads the
queues. The variants are standard queues, FIFO queues with every option on, and the queues of one source. Only the address
of SQS is set by hand.

The commands of docs/deploy.md are followed first. The tool then reads the settings of the stack that they deploy.

    python .ci/deployment/test.py --moto http://127.0.0.1:5000
"""

import argparse
import hashlib
import json
import os
import sys
import time
from pathlib import Path

# Keeps the working tree unchanged.
sys.dont_write_bytecode = True

import template
from alarms import check_alarms
from checks import check_stack, check_template, deployed_types
from conditions import make_conditions
from follow import check_guide, check_tool
from order import check_order
from results import Checks
from rights import check_rights
from runtime_api import Function
from stack import QUEUE, Stack
from start_check import check_start_check
from template import ACCOUNT, REGION
from tokens import check_tokens
from watched import check_emitted, check_watched


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=template.ROOT / "target/release/prelude-webhooks")
    parser.add_argument("--tool", type=Path, default=template.ROOT / "target/debug/prelude")
    parser.add_argument("--events", type=Path, default=template.ROOT / "events")
    parser.add_argument("--moto", default=os.environ.get("PRELUDE_CLI_TEST_MOTO"), help="URL of moto's server")
    options = parser.parse_args()
    if not options.moto:
        parser.error("the URL of moto's server is missing: expected --moto or PRELUDE_CLI_TEST_MOTO")

    source = template.source()
    variables = json.loads((options.events / "env.json").read_text())["Parameters"]
    settings = {**template.defaults(source), **hashed(template.parameters_for(source, variables))}
    checks = Checks()
    check_template(checks, source)
    check_tokens(checks, source, settings)
    check_order(checks, source)
    check_watched(checks, source)
    check_start_check(checks, source, settings, options.binary)
    stacks = check_guide(checks, source)
    check_rights(checks, source, stacks)
    check_production(checks, options, {**template.defaults(source), **stacks["prelude-webhooks-production"]})
    for name, (parameters, moved) in VARIANTS.items():
        checks.section(f"{name}, with {', '.join(f'{k}={v}' for k, v in parameters.items())}")
        started = time.monotonic()
        stack = Stack(f"deployment-{name}", {**settings, **parameters}, options.moto)
        generically = stack.create()
        try:
            by_calls = ", ".join(f"{count} {kind}" for kind, count in generically.items())
            checks.note(f"{len(stack.resources)} resources; created by API calls: {by_calls}")
            check_stack(checks, stack)
            with Function([options.binary], environment(stack), timeout=9) as function:
                deliver_all(checks, stack, moved, function, options.events)
            if name == "standard":
                conditions, others = make_conditions(
                    stack, options.binary, environment(stack), options.events, deployed_types(stack)
                )
                check_alarms(checks, stack, conditions)
                lines = [*others, *(line for condition in conditions.values() for line in condition.lines)]
                check_emitted(checks, stack, lines)
        finally:
            stack.delete()
        checks.note(f"{time.monotonic() - started:.1f} s")
    return checks.result()


def check_production(checks, options, parameters):
    """The stack that the guide makes, and the tool with its settings."""
    stack = Stack("prelude-webhooks-production", parameters, options.moto)
    stack.create()
    try:
        check_stack(checks, stack)
        check_tool(checks, options.tool, stack)
    finally:
        stack.delete()


# Parameters of each variant, and the queues of the event types that they reroute.
VARIANTS = {
    "standard": ({"QueuePrefix": "deployment-"}, {}),
    # The longest prefix, types sent to further queues, and every option that is off by default.
    "fifo": (
        {
            "QueueType": "fifo",
            "QueuePrefix": "deployment-with-a-long-prefix-",
            "ExtraSlugs": "profiles,sessions",
            "Routes": '{"user.profile.updated":"profiles","user.session.*":"sessions"}',
            "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000",
            "ConfigLayerArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:prelude:1",
            "ReservedConcurrency": "20",
            "DefaultEndpoint": "disabled",
            "PermissionsBoundaryArn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
            "SubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
            "SecurityGroupIds": "sg-0123456789abcdef0",
            "QueueDeletionPolicy": "Delete",
            "Tracing": "Active",
            "CreateDashboard": "true",
            "AlarmTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms",
            "Architecture": "x86_64",
        },
        {
            "user.profile.updated": "profiles",
            "user.session.created": "sessions",
            "user.session.revoked": "sessions",
        },
    ),
    # A user who only verifies phone numbers. Events without a queue are parked.
    "verify": ({"Families": "verify", "QueuePrefix": "deployment-verify-"}, {}),
}


def hashed(parameters):
    """The same with digests in place of tokens, as the template requires, and with the line ends that YAML's | leaves."""
    digest = lambda token: f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"
    apps = json.loads(parameters["Apps"])
    apps = [{**app, "verification_token": digest(app["verification_token"])} for app in apps]
    token = ",".join(map(digest, parameters["PathToken"].split(",")))
    return {**parameters, "Apps": json.dumps(apps) + "\n", "PathToken": token + "\n"}


def environment(stack):
    """The environment of the process: the function's own variables, and Lambda's standard ones."""
    name = stack.physical_id(template.FUNCTION)
    deployed = stack.function()
    # moto does not return it.
    logging = stack.of_type("AWS::Lambda::Function")[template.FUNCTION]["LoggingConfig"]
    return {
        **deployed["Environment"]["Variables"],
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(deployed["MemorySize"]),
        "AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"],
        "AWS_LAMBDA_LOG_LEVEL": logging["ApplicationLogLevel"],
        # The only variable that does not come from the stack.
        "AWS_ENDPOINT_URL_SQS": stack.client("sqs").meta.endpoint_url,
    }


def deliver_all(checks, stack, moved, function, folder):
    slugs = {**dict.fromkeys(template.code_table(), "unrouted"), **deployed_types(stack), **moved}
    is_fifo = stack.parameters["QueueType"] == "fifo"
    routes = stack.routes()
    queues = {queue["QueueName"]: stack.queue_url(queue["QueueName"]) for queue in stack.of_type(QUEUE).values()}
    parking = f"{stack.parameters['QueuePrefix']}unrouted{'.fifo' if is_fifo else ''}"
    delivered = set()
    for file in sorted(folder.rglob("*.json")):
        name = str(file.relative_to(folder).with_suffix(""))
        if name == "env":
            continue
        event = json.loads(file.read_text())
        answer, log = function.invoke(event)
        if name.startswith("rejected/"):
            checks.that(f"{name} is refused", answer["statusCode"] != 200, answer)
            checks.that(f"{name} is refused for its own cause", any(f'"{file.stem}"' in line for line in log), log)
            continue
        checks.that(f"{name} has a route at API Gateway", has_route(event, routes), (event["rawPath"], routes))
        if name == "challenge":
            challenge = event["queryStringParameters"]["challenge"]
            checks.that("challenge is answered", answer.get("body") == f'{{"challenge":{challenge}}}', (answer, log))
            continue
        types = types_of(event)
        checks.that(f"{name} holds the event type of its name", name not in slugs or types == [name], types)
        delivered.update(types)
        # As behind a named stage, or a custom domain with a base path. FIFO queues recognize it as a duplicate.
        again, again_log = function.invoke({**event, "rawPath": "/prod" + event["rawPath"]})
        for result, what in [((answer, log), name), ((again, again_log), f"{name} at /prod")]:
            accepted = f'{{"accepted":{len(types)}}}'
            checks.that(f"{what} is accepted", (result[0]["statusCode"], result[0]["body"]) == (200, accepted), result)
        by_queue = {}
        for event_type in types:
            queue = f"{stack.parameters['QueuePrefix']}{slugs.get(event_type)}{'.fifo' if is_fifo else ''}"
            by_queue.setdefault(queue, []).extend([event_type] * (1 if is_fifo else 2))
        for queue, expected in by_queue.items():
            messages = receive(stack, queues[queue]) if queue in queues else [{"body": "there is no such queue"}]
            found = [message.get("event_type") for message in messages if message["body"] in event["body"]]
            arrived = sorted(expected) == sorted(found) and len(found) == len(messages)
            checks.that(f"{name} arrived in {queue}", arrived, messages)
            reasons = {message.get("reason") for message in messages}
            expected_reason = "queue_missing" if queue == parking else None
            checks.that(f"{name} has its reason in {queue}", reasons == {expected_reason}, reasons)
    checks.that("every event type was delivered", delivered == set(template.code_table()), sorted(delivered))
    left = {queue: messages for queue, url in queues.items() if (messages := receive(stack, url))}
    checks.that("no queue has other messages", not left, left)


def types_of(event):
    body = json.loads(event["body"])
    return [element["type"] for element in body.get("events", [body])]


def has_route(event, routes):
    """Returns whether one of the API's routes, such as `ANY /webhooks/{token}`, takes the event."""
    segments = event["rawPath"].split("/")
    for route in routes:
        pattern = route.split(" ")[1].split("/")
        if len(pattern) == len(segments) and all(p[:1] == "{" or p == s for p, s in zip(pattern, segments)):
            return True
    return False


def receive(stack, url):
    """Receives and deletes all messages of a queue."""
    sqs, taken = stack.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            taken.append({"body": message["Body"], **{k: v["StringValue"] for k, v in attributes.items()}})
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return taken


if __name__ == "__main__":
    sys.exit(main())
