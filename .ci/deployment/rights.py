"""The deployer's policy, compared with the resources of the expanded template and with AWS's own lists of rights.

AWS's schema of a resource type names the rights that CloudFormation needs to create, read, change and delete it. cfn-lint carries
these schemas. This test reads the policy as IAM does, apart from conditions. It does not prove that AWS accepts the policy.
"""

import fnmatch
import json
from pathlib import Path

import cfnlint

import template
from checks import each
from template import ACCOUNT, FUNCTION, REGION

POLICY = template.ROOT / "docs/deployer-policy.json"
DATA = Path(cfnlint.__file__).parent / "data"
# A customer managed policy may have this many characters, without white space.
LARGEST = 6_144

REGIONAL = f"{REGION}:{ACCOUNT}"
PHYSICAL = "{stack}-{key}-AbCdEf123456"
LAMBDA = f"arn:aws:lambda:{{region}}:function:{PHYSICAL}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{PHYSICAL}"
API = f"arn:aws:apigateway:{REGION}::/apis/a1b2c3"

# Resource of a type's rights. A type without an entry here fails the test: add the type, and its rights to the policy.
ARNS = {
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{QueueName}",
    "AWS::SQS::QueuePolicy": "arn:aws:sqs:{region}:{prefix}unrouted",
    "AWS::Lambda::Function": LAMBDA,
    "AWS::Lambda::Permission": LAMBDA,
    "AWS::IAM::Role": ROLE,
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:log-group:{LogGroupName}",
    "AWS::Logs::MetricFilter": "arn:aws:logs:{region}:log-group:/aws/vendedlogs/apis/{stack}",
    "AWS::Logs::QueryDefinition": "*",
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{region}:alarm:{stack}-{key}",
    "AWS::CloudWatch::Dashboard": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{{stack}}",
    "AWS::ApiGatewayV2::Api": API,
    "AWS::ApiGatewayV2::Stage": f"{API}/stages/$default",
}
# Resource of the rights that concern another resource than their own.
ELSEWHERE = {
    "iam:*": ROLE,
    "ec2:*": "*",
    "s3:*": "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-a1b2c3/code",
    "lambda:GetLayerVersion": "arn:aws:lambda:{region}:layer:prelude-webhooks-config:1",
}
# Rights in AWS's schemas that a deployment needs only if it sets this property.
UNUSED = {
    "AWS::Lambda::Function": {
        "elasticfilesystem:*": "FileSystemConfigs",
        "s3files:*": "FileSystemConfigs",
        "kms:*": "KmsKeyArn",
        "lambda:*CodeSigningConfig": "CodeSigningConfigArn",
        "lambda:PassCapacityProvider": "CapacityProviderConfig",
        "lambda:PutFunctionScalingConfig": "FunctionScalingConfig",
        "lambda:AssociateRuntimeAlias": "RuntimeManagementConfig",
    },
    "AWS::Logs::LogGroup": {
        "firehose:*": "DataProtectionPolicy",
        "s3:*": "DataProtectionPolicy",
        "logs:PutDataProtectionPolicy": "DataProtectionPolicy",
        "logs:*IndexPolicy": "FieldIndexPolicies",
        "logs:PutBearerTokenAuthentication": "BearerTokenAuthenticationEnabled",
        "logs:*KmsKey": "KmsKeyId",
        "logs:PutLogGroupDeletionProtection": "DeletionProtectionEnabled",
    },
    "AWS::ApiGatewayV2::Api": {"s3:*": "BodyS3Location"},
}
# Calls of SAM itself, and of the guide's own commands.
SAM = {
    "arn:aws:cloudformation:{region}:stack/{stack}/0": ["CreateChangeSet", "ExecuteChangeSet", "DescribeStacks", "DeleteStack"],
    "arn:aws:cloudformation:{region}:stack/aws-sam-cli-managed-default/0": ["CreateChangeSet", "ExecuteChangeSet"],
    f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31": ["CreateChangeSet"],
    f"arn:aws:cloudformation:{REGION}:aws:transform/LanguageExtensions": ["CreateChangeSet"],
    "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-a1b2c3": [
        "CreateBucket",
        "PutBucketPolicy",
        "PutBucketPublicAccessBlock",
        "PutBucketTagging",
        "PutBucketVersioning",
        "PutEncryptionConfiguration",
        "ListBucket",
    ],
    "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-a1b2c3/code": ["GetObject", "PutObject", "DeleteObject"],
    "arn:aws:logs:{region}:log-group:/aws/lambda/{stack}": ["FilterLogEvents"],
    "arn:aws:sqs:{region}:{prefix}user-created": ["ReceiveMessage", "GetQueueUrl"],
}


def check_rights(checks, source, environments):
    """`environments` has the parameters of each stack, by the stack's name."""
    checks.section("docs/deployer-policy.json")
    policy = json.loads(POLICY.read_text())
    size = len(json.dumps(policy, separators=(",", ":")))
    checks.that(f"the policy fits into {LARGEST:,} characters", size <= LARGEST, size)
    schemas = read_schemas()
    known = {right.lower() for schema in schemas.values() for right in rights_of(schema)}
    for service, entry in json.loads((DATA / "AdditionalSpecs/Policies.json").read_text()).items():
        known |= {f"{service}:{action}" for action in entry["Actions"]}
    patterns = [action for statement in policy["Statement"] for action in each(statement["Action"])]
    unknown = [pattern for pattern in patterns if not fnmatch.filter(known, pattern.lower())]
    checks.that("every action of the policy exists", not unknown, unknown)
    for stack, parameters in environments.items():
        refused, types = set(), set()
        expanded = template.expand({**template.defaults(source), **parameters}, stack, "s3://bucket/code.zip")
        common = {"region": REGIONAL, "stack": stack, "prefix": parameters.get("QueuePrefix", "prelude-webhooks-")}
        for key, resource in expanded["Resources"].items():
            kind, properties = resource["Type"], resource.get("Properties", {})
            types.add(kind)
            # A custom resource calls a function.
            needed = {"lambda:InvokeFunction"} if kind.startswith("Custom::") else rights_of(schemas.get(kind, {}))
            arn = LAMBDA if kind.startswith("Custom::") else ARNS.get(kind)
            if arn is None:
                continue
            values = {**{name: text_of(value, common) for name, value in properties.items()}, **common, "key": key}
            for right in needed - unused(checks, kind, needed, properties):
                elsewhere = next((e for glob, e in ELSEWHERE.items() if matches(glob, right) and kind != "AWS::IAM::Role"), arn)
                if not allows(policy, right, elsewhere.format(**values)):
                    refused.add((right, elsewhere.format(**values)))
        missing = sorted(t for t in types if t not in ARNS and not t.startswith("Custom::"))
        checks.that(f"{stack}: each resource type has an entry in rights.py", not missing, missing)
        for arn, actions in SAM.items():
            arn = arn.format(**common)
            refused |= {(right, arn) for a in actions if not allows(policy, right := f"{arn.split(':')[2]}:{a}", arn)}
        checks.that(f"{stack}: the deployer may do what AWS's schemas and SAM require", not refused, sorted(refused))
        foreign = [arn for arn in foreign_arns() if allows(policy, "*", arn)]
        checks.that(f"{stack}: the deployer may not touch other stacks", not foreign, foreign)


def foreign_arns():
    names = {"sqs": "orders", "lambda": "function:orders", "iam": "role/admin", "cloudformation": "stack/orders/0"}
    return [f"arn:aws:{service}:{'' if service == 'iam' else REGION}:{ACCOUNT}:{name}" for service, name in names.items()]


def unused(checks, kind, needed, properties):
    """Returns the rights whose property the resource does not set."""
    entries = UNUSED.get(kind, {}).items()
    return {right for right in needed for glob, name in entries if matches(glob, right) and name not in properties}


def allows(policy, right, arn):
    """Reports whether a statement allows the right on the resource. The right `*` stands for any right on this very resource."""
    for statement in policy["Statement"]:
        resources = each(statement["Resource"])
        if right == "*":
            if any(resource != "*" and matches(resource, arn) for resource in resources):
                return True
        elif any(matches(a, right) for a in each(statement["Action"])) and any(matches(r, arn) for r in resources):
            return True
    return False


def matches(pattern, text):
    # IAM knows * and ?, and no brackets.
    return fnmatch.fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))


def text_of(value, common):
    """A name with its pseudo parameters and QueuePrefix resolved, as far as these rights need it."""
    text, variables = value, {}
    if isinstance(value, dict) and "Fn::Sub" in value:
        text, variables = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else (value["Fn::Sub"], {})
    for name, replacement in {**variables, "AWS::StackName": common["stack"], "QueuePrefix": common["prefix"]}.items():
        text = str(text).replace(f"${{{name}}}", replacement if isinstance(replacement, str) else "")
    return text


def read_schemas():
    """Returns AWS's schema of each resource type."""
    schemas = {}
    for file in (DATA / "schemas/resources").glob("*.json"):
        schema = json.loads(file.read_text())
        # A type can have one schema for each region. They agree about rights.
        if schema["typeName"] not in schemas or "handlers" in schema:
            schemas[schema["typeName"]] = schema
    return schemas


def rights_of(schema):
    """Rights of a deployment. Only CloudFormation's resource scans need the handler `list`."""
    handlers = schema.get("handlers", {})
    return {right for name in ("create", "read", "update", "delete") for right in handlers.get(name, {}).get("permissions", [])}
