#!/usr/bin/env python3
"""Tests the templates of the example consumers against the receiver's template, without an AWS account."""

import json
import re
import sys
from pathlib import Path

# Keeps the working tree unchanged.
sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / ".ci/deployment"))

import template
from results import Checks
from samcli.yamlhelper import yaml_parse
from stack import Stack

LANGUAGES = ("rust", "python", "typescript")
RECEIVER = "receiver"
KEY = f"arn:aws:kms:{template.REGION}:{template.ACCOUNT}:key/00000000-0000-4000-8000-000000000000"
OTHER_KEY = KEY.replace("0000-4000", "0001-4000")
TOPIC = f"arn:aws:sns:{template.REGION}:{template.ACCOUNT}:alarms"

# Queues of the jobs. Verify V1's delivery status has no price.
QUEUES = {
    "marketing-subscription-stop",
    "marketing-subscription-start",
    "verify-authentication",
    "verify-attempt",
    "verify-delivery-status",
}
V1_QUEUES = {"v1-authentication", "v1-attempt"}
VARIANTS = {
    "by default": ({}, QUEUES, None),
    "with every option": (
        {"VerifyV1": "true", "KmsKeyArn": "imported", "AlarmTopicArn": TOPIC, "MaximumConcurrency": "100"},
        QUEUES | V1_QUEUES,
        f"import {RECEIVER}:kms-key:arn",
    ),
    "with a key of its own": ({"KmsKeyArn": OTHER_KEY}, QUEUES, OTHER_KEY),
}


def main():
    checks = Checks()
    source = template.source()
    exports = {key: exported(source, key) for key in ("", KEY)}
    sources = {language: yaml_parse(path(language).read_text()) for language in LANGUAGES}
    for language, consumer in sources.items():
        checks.section(f"examples/consumer-{language}/template.yaml")
        failed = len(checks.failures)
        for variant, (parameters, slugs, key) in VARIANTS.items():
            values = {**template.defaults(consumer), "ReceiverStack": RECEIVER, **parameters}
            resources = resolved(consumer, values)
            is_imported = parameters.get("KmsKeyArn") == "imported"
            imports = set(re.findall(r"import ([\w:-]+)", json.dumps(resources)))
            missing = imports - exports[KEY if is_imported else ""]
            checks.that(f"{variant}: the receiver exports every import", imports and not missing, missing)
            check_queues(checks, variant, resources, slugs)
            check_role(checks, variant, resources, key)
            check_alarms(checks, variant, resources, parameters.get("AlarmTopicArn"))
        check_function(checks, consumer, source)
        check_tables(checks, consumer)
        # So that a failure names its template in the summary as well.
        checks.failures[failed:] = [f"{language}: {what}" for what in checks.failures[failed:]]
    checks.section("all three")
    first, *others = (json.dumps(without_code(consumer), sort_keys=True) for consumer in sources.values())
    checks.that("the templates differ in the function's code and its calls to DynamoDB only", set(others) == {first})
    return checks.result()


def path(language):
    return ROOT / f"examples/consumer-{language}/template.yaml"


def allowed(file, table):
    """The actions on a table, by its logical id, that a template's role has."""
    of_role = statements(yaml_parse(file.read_text())["Resources"])
    named = [statement for statement in of_role if statement.get("Resource") == {"Fn::GetAtt": [table, "Arn"]}]
    return {action for statement in named for action in each(statement["Action"])}


def exported(source, key):
    """The names that the receiver's stack exports by default, with or without a key for its queues."""
    stack = Stack(RECEIVER, {**template.defaults(source), "KmsKeyArn": key}, moto=None)
    return {stack.resolve(output["Export"]["Name"]) for output in stack.outputs.values() if "Export" in output}


def resolved(consumer, values):
    """The resources of a stack with these parameters. An import is the text `import <name>`."""
    conditions = with_values(consumer["Conditions"], values, {})
    resources = with_values(consumer["Resources"], values, conditions)
    is_wanted = lambda entry: "Condition" not in entry or template.holds(conditions, entry["Condition"])
    return {name: entry for name, entry in resources.items() if is_wanted(entry)}


def with_values(value, values, conditions):
    """Replaces parameters and imports, and chooses branches, once the conditions are given."""
    if isinstance(value, list):
        items = (with_values(item, values, conditions) for item in value)
        return [item for item in items if item != {"Ref": "AWS::NoValue"}]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value and conditions:
        condition, *branches = value["Fn::If"]
        return with_values(branches[not template.holds(conditions, condition)], values, conditions)
    members = {name: with_values(item, values, conditions) for name, item in value.items()}
    match members:
        case {"Ref": str(name)} if name in values:
            return values[name]
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)
        case {"Fn::ImportValue": str(name)}:
            return f"import {name}"
    return {name: item for name, item in members.items() if item != {"Ref": "AWS::NoValue"}}


def check_queues(checks, variant, resources, slugs):
    """The event source mappings, the role and the alarm cover the same queues."""
    arns = {f"import {RECEIVER}:{slug}:arn" for slug in slugs}
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping")
    checks.same(f"{variant}: the mapped queues", (m["EventSourceArn"] for m in mappings), arns)
    for mapping in mappings:
        rest = {key: value for key, value in mapping.items() if key not in ("EventSourceArn", "ScalingConfig")}
        # FIFO queues allow ten messages at most, and no window.
        expected = {
            "FunctionName": {"Ref": "Consumer"},
            "BatchSize": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        checks.that(f"{variant}: {mapping['EventSourceArn']} is mapped for part of a batch", rest == expected, rest)
        limit = int(mapping["ScalingConfig"]["MaximumConcurrency"])
        checks.that(f"{variant}: {mapping['EventSourceArn']} is limited", 2 <= limit <= 1000, limit)
    received = {
        resource
        for statement in statements(resources)
        if "sqs:ReceiveMessage" in statement["Action"]
        for resource in statement["Resource"]
    }
    checks.same(f"{variant}: the queues of the role", received, arns)
    alarmed = set()
    for metric in resources["DeadLettersAlarm"]["Properties"]["Metrics"]:
        if "MetricStat" in metric:
            measured = metric["MetricStat"]["Metric"]
            (dimension,) = measured["Dimensions"]
            index, (colon, arn) = dimension["Value"]["Fn::Select"][0], dimension["Value"]["Fn::Select"][1]["Fn::Split"]
            name = (measured["Namespace"], measured["MetricName"], dimension["Name"], index, colon)
            expected = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", 5, ":")
            checks.that(f"{variant}: {arn} is measured by its name", name == expected, name)
            alarmed.add(arn)
    checks.same(f"{variant}: the alarm's queues", alarmed, {arn.replace(":arn", "-dlq:arn") for arn in arns})


def check_role(checks, variant, resources, key):
    found = {
        (action, str(r)) for s in statements(resources) for action in each(s["Action"]) for r in each(s["Resource"])
    }
    sids = [statement["Sid"] for statement in statements(resources)]
    keys = {resource for action, resource in found if action.startswith("kms:")}
    checks.same(f"{variant}: the role may decrypt with", keys, {key} if key else ())
    wide = [(action, resource) for action, resource in found if "*" in action + resource]
    checks.that(f"{variant}: the role names every action and resource", not wide, wide)
    checks.that(f"{variant}: each statement has an id of its own", len(sids) == len(set(sids)), sids)


def check_alarms(checks, variant, resources, topic):
    for name in ("DeadLettersAlarm", "ErrorsAlarm"):
        properties = resources[name]["Properties"]
        for kind in ("AlarmActions", "OKActions"):
            found = properties.get(kind)
            checks.that(f"{variant}: {name} has its {kind}", found == ([topic] if topic else None), found)


def check_function(checks, consumer, source):
    function = consumer["Resources"]["Consumer"]["Properties"]
    names = ("CONSUMER_NAME", "IDEMPOTENCY_TABLE", "DATA_TABLE")
    checks.same("the function's variables", function["Environment"]["Variables"], names)
    timeout, visibility = function["Timeout"], source["Parameters"]["VisibilityTimeout"]["Default"]
    checks.that("the visibility timeout is six times the function's, or more", visibility >= 6 * timeout, timeout)


def check_tables(checks, consumer):
    claims, data = (consumer["Resources"][name] for name in ("Claims", "Data"))
    for name, table in [("Claims", claims), ("Data", data)]:
        key = table["Properties"]["KeySchema"]
        checks.that(f"{name} has the key id", key == [{"AttributeName": "id", "KeyType": "HASH"}], key)
    ttl = claims["Properties"]["TimeToLiveSpecification"]
    checks.that("claims expire", ttl == {"AttributeName": "expiration", "Enabled": True}, ttl)
    kept = {data["DeletionPolicy"], data["UpdateReplacePolicy"]}
    checks.that("data outlives the stack", kept == {"Retain"}, kept)
    recovery = data["Properties"]["PointInTimeRecoverySpecification"]
    checks.that("data can be recovered", recovery == {"PointInTimeRecoveryEnabled": True}, recovery)


def without_code(consumer):
    """The template without what depends on the language."""
    copy = json.loads(json.dumps(consumer))
    copy.pop("Description")
    function = copy["Resources"]["Consumer"]
    for name in ("BuildMethod", "BuildProperties"):
        function["Metadata"].pop(name, None)
    for name in ("CodeUri", "Handler", "Runtime"):
        function["Properties"].pop(name)
    for statement in statements(copy["Resources"]):
        if statement.get("Sid") == "ClaimEvents":
            statement.pop("Action")
    return copy


def statements(resources):
    (policy,) = resources["ConsumerRole"]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def of_type(resources, resource_type):
    return [entry["Properties"] for entry in resources.values() if entry["Type"] == resource_type]


def each(value):
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    sys.exit(main())
