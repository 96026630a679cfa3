"""Properties of the template and of the stack that the deliveries do not show."""

import ast
import json
import re
from collections import Counter

import template
from stack import QUEUE
from template import ACCOUNT, REGION

PARKING = "unrouted"


def check_template(checks, source):
    checks.section("template.yaml")
    listed, slugs = source["Mappings"]["Sources"], source["Mappings"]["EventTypes"]["Slugs"]
    families = source["Parameters"]["Families"]
    checks.same("Families has the receiver's sources", families["AllowedValues"], template.code_sources())
    checks.same("every source is deployed by default", families["Default"].split(","), template.code_sources())
    for family, types in template.code_sources().items():
        # A mapping's key cannot contain an underscore.
        names = listed["V1" if family == "verify_v1" else family]["EventTypes"]
        checks.same(f"the slugs of {family} are the receiver's", (slugs.get(name) for name in names), types.values())
    names = [name for family in listed.values() for name in family["EventTypes"]]
    checks.same("each listed name has a slug, and each slug a name", names, slugs)
    checks.that("no name is listed twice", not duplicates(names), duplicates(names))
    checks.that("no slug is listed twice", not duplicates(slugs.values()), duplicates(slugs.values()))
    extra = source["Parameters"]["ExtraSlugs"]["AllowedPattern"]
    taken = [name for name in [*names, "Unrouted"] if re.search(extra, name)]
    checks.that("no extra slug uses the logical IDs of an event type", not taken, taken)
    variables = source["Resources"][template.FUNCTION]["Properties"]["Environment"]["Variables"]
    checks.same("the function's variables are the receiver's", variables, template.code_variables())
    none = {**template.defaults(source), "Apps": "none", "PathToken": "none"}
    expanded = template.expand(none, "none", "s3://bucket/code.zip")["Resources"][template.FUNCTION]["Properties"]
    unset = [expanded["Environment"]["Variables"][name] for name in ("PRELUDE_APPS", "PRELUDE_PATH_TOKEN")]
    checks.that("the value none means no app and no token", unset == ["", ""], unset)
    rate, burst = (source["Parameters"][f"Throttling{name}Limit"]["Default"] for name in ("Rate", "Burst"))
    # A request takes at most 8 s, so at most this many run at once. An account has 1,000 concurrent executions.
    checks.that("the default throttling fits into an account", burst + 8 * rate < 1_000, burst + 8 * rate)
    text = template.TEMPLATE.read_text()
    # SAM's expansion accepts &{…} anywhere. CloudFormation accepts it only in keys, and fails at the deployment.
    checks.that("&{…} is not used", "&{" not in text)
    size = len(text.encode())
    # SAM uploads it to S3. A request of CloudFormation's API takes 51,200 bytes.
    checks.that("the template is at most 1 MB", size <= 1_000_000, size)
    checks.that("at most 200 parameters", len(source["Parameters"]) <= 200)


def check_stack(checks, stack):
    expanded = stack.template
    checks.that("at most 500 resources", len(stack.resources) <= 500, len(stack.resources))
    checks.that("at most 200 outputs", len(stack.outputs) <= 200, len(stack.outputs))
    checks.that("at most 1 MB when expanded", len(json.dumps(expanded)) <= 1_000_000)
    extra = (slug for slug in stack.parameters["ExtraSlugs"].split(",") if slug != "none")
    slugs = [*deployed_types(stack).values(), *extra]
    check_secrets(checks, stack)
    check_queues(checks, stack, slugs)
    check_role(checks, stack, slugs)
    check_outputs(checks, stack, slugs)
    check_function(checks, stack)
    check_api(checks, stack)


def deployed_types(stack):
    """Returns the event types that have a queue, with its slug."""
    sources = template.code_sources()
    return {name: slug for family in stack.parameters["Families"].split(",") for name, slug in sources[family].items()}


def check_secrets(checks, stack):
    """The processed template holds its parameters, so they may only be digests. Outputs show none of them."""
    variables = stack.of_type("AWS::Lambda::Function")[template.FUNCTION]["Environment"]["Variables"]
    for name, variable in [("Apps", "PRELUDE_APPS"), ("PathToken", "PRELUDE_PATH_TOKEN")]:
        value = stack.parameters[name]
        checks.that(f"the function has {name} unchanged", variables[variable] == value, variables[variable])
        shown = [digest for digest in re.findall(r"[0-9a-f]{64}", value) if digest in json.dumps(stack.outputs)]
        checks.that(f"no output shows {name}", not shown, shown)


def check_queues(checks, stack, slugs):
    is_fifo = stack.parameters["QueueType"] == "fifo"
    key = stack.parameters["KmsKeyArn"]
    expected = [PARKING, *slugs, *(f"{slug}-dlq" for slug in slugs)]
    declared = {properties["QueueName"]: properties for properties in stack.of_type(QUEUE).values()}
    checks.same(
        "the queues are those of the receiver's types, with their dead-letter queues",
        declared,
        (queue_name(stack, s) for s in expected),
    )
    policies = {arn: p for p in stack.of_type("AWS::SQS::QueuePolicy").values() for arn in refused_without_tls(p)}
    checks.same("each queue refuses requests without TLS", policies, (queue_arn(stack, s) for s in expected))
    for slug in expected:
        name = queue_name(stack, slug)
        if name not in declared:
            continue
        properties = declared[name]
        made = stack.client("sqs").get_queue_attributes(QueueUrl=stack.queue_url(name), AttributeNames=["All"])[
            "Attributes"
        ]
        checks.that(f"{name}: at most 80 characters", len(name) <= 80, len(name))
        attributes = {
            "MessageRetentionPeriod": "1209600",
            "MaximumMessageSize": "1048576",
            "FifoQueue": "true" if is_fifo else None,
            "DeduplicationScope": "messageGroup" if is_fifo else None,
            "FifoThroughputLimit": "perMessageGroupId" if is_fifo else None,
            "KmsMasterKeyId": key or None,
            "SqsManagedSseEnabled": None if key else "true",
        }
        found = {attribute: written(properties.get(attribute)) for attribute in attributes}
        checks.that(f"{name}: attributes", found == attributes, found)
        for attribute in ("MessageRetentionPeriod", "MaximumMessageSize", "FifoQueue"):
            checks.that(f"{name}: {attribute} in SQS", made.get(attribute) == attributes[attribute], made)
        checks.that(f"{name}: policy in SQS", "aws:SecureTransport" in made.get("Policy", ""), made)
        redrive = properties.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        sources = properties.get("RedriveAllowPolicy", {}).get("sourceQueueArns")
        is_source = slug in slugs
        checks.that(
            f"{name}: dead-letter queue",
            redrive == (queue_arn(stack, f"{slug}-dlq") if is_source else None),
            redrive,
        )
        is_dead_letters = slug.removesuffix("-dlq") in slugs and not is_source
        allowed = [queue_arn(stack, slug.removesuffix("-dlq"))] if is_dead_letters else None
        checks.that(f"{name}: source queue of its dead letters", sources == allowed, sources)
    checks.that(
        "every queue survives an update that replaces it",
        all(r["UpdateReplacePolicy"] == "Retain" for r in stack.resources.values() if r["Type"] == QUEUE),
    )
    kept = Counter(r["DeletionPolicy"] for r in stack.resources.values() if r["Type"] == QUEUE)
    checks.that(
        "the deletion policy is the parameter's",
        kept.most_common(1)[0][0] == stack.parameters["QueueDeletionPolicy"],
        kept,
    )


def check_role(checks, stack, slugs):
    """Every policy of the role in moto, inline and attached."""
    iam, role = stack.client("iam"), stack.physical_id("ReceiverRole")
    # moto has no managed policies of AWS, so these come from the template. Lambda creates network interfaces with the role.
    declared = stack.of_type("AWS::IAM::Role")["ReceiverRole"]
    vpc = ["arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"]
    managed = declared.get("ManagedPolicyArns", [])
    checks.same("the role's managed policies", managed, vpc if stack.parameters["SubnetIds"] else [])
    boundary = declared.get("PermissionsBoundary", "")
    checks.that("the role's permissions boundary", boundary == stack.parameters["PermissionsBoundaryArn"], boundary)
    statements, size = [], 0
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        # moto returns values from CloudFormation in Python's notation.
        document = ast.literal_eval(document) if isinstance(document, str) else document
        statements += document["Statement"]
        size += len(json.dumps(document, separators=(",", ":")))
    checks.that("the role's policies fit into 10,240 characters", size <= 10_240, size)
    # In CloudFormation, the ARN of a log group ends in :*. In moto, it does not.
    pairs = ((action, r) for s in statements for action in each(s["Action"]) for r in each(s["Resource"]))
    allowed = {(action, r.removesuffix(":*")) for action, r in pairs}
    checks.that("every statement of the role allows", all(s["Effect"] == "Allow" for s in statements), statements)
    queues = {("sqs:SendMessage", queue_arn(stack, slug)) for slug in [PARKING, *slugs]}
    checks.same(
        "in SQS, the role may only send to these queues",
        (a for a in allowed if a[0].startswith("sqs:")),
        queues,
    )
    key = stack.parameters["KmsKeyArn"]
    log = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{stack.name}"
    others = {(f"logs:{action}", log) for action in ("CreateLogStream", "PutLogEvents")}
    if key:
        others |= {("kms:GenerateDataKey", key), ("kms:Decrypt", key)}
    if stack.parameters["Tracing"] == "Active":
        others |= {("xray:PutTraceSegments", "*"), ("xray:PutTelemetryRecords", "*")}
    checks.same("outside SQS, the role may only do this", (a for a in allowed if not a[0].startswith("sqs:")), others)


def check_outputs(checks, stack, slugs):
    exports = {
        stack.resolve(o["Export"]["Name"]): stack.resolve(o["Value"]) for o in stack.outputs.values() if "Export" in o
    }
    prefix = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/"
    expected = {f"{stack.name}:{slug}:arn": queue_arn(stack, slug) for slug in [PARKING, *slugs]}
    expected |= {f"{stack.name}:{slug}:url": prefix + queue_name(stack, slug) for slug in [PARKING, *slugs]}
    expected |= {f"{stack.name}:{slug}-dlq:arn": queue_arn(stack, f"{slug}-dlq") for slug in slugs}
    expected[f"{stack.name}:queue-url-prefix"] = prefix + stack.parameters["QueuePrefix"]
    expected[f"{stack.name}:api-id"] = stack.physical_id("Api")
    if key := stack.parameters["KmsKeyArn"]:
        expected[f"{stack.name}:kms-key:arn"] = key
    checks.same("the exports are the queues, their key, the prefix and the API", exports.items(), expected.items())
    url = stack.resolve(stack.outputs["WebhookUrl"]["Value"])
    checks.that(
        "the webhook's URL",
        url == f"https://{stack.physical_id('Api')}.execute-api.{REGION}.amazonaws.com/webhooks",
        url,
    )
    for key in ("FunctionName", "RoleArn", "LogGroupName"):
        checks.that(f"output {key}", stack.resolve(stack.outputs[key]["Value"]))


def check_function(checks, stack):
    function = stack.of_type("AWS::Lambda::Function")[template.FUNCTION]
    parameters = stack.parameters
    found = {key: function.get(key) for key in ("Runtime", "Handler", "Timeout", "Architectures")}
    expected = {
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Timeout": 9,
        "Architectures": [parameters["Architecture"]],
    }
    checks.that("the function's runtime", found == expected, found)
    reserved = written(function.get("ReservedConcurrentExecutions"))
    expected = str(parameters["ReservedConcurrency"])
    checks.that("the function's reserved concurrency", (reserved or "0") == expected, reserved)
    layers = function.get("Layers", [])
    expected = [parameters["ConfigLayerArn"]] if parameters["ConfigLayerArn"] else []
    checks.that("the function's layers", layers == expected, layers)
    vpc = function.get("VpcConfig", {})
    expected = {"SubnetIds": parameters["SubnetIds"], "SecurityGroupIds": parameters["SecurityGroupIds"]}
    found = {key: ",".join(vpc.get(key, [])) for key in expected}
    checks.that("the function's VPC", found == expected, vpc)
    tracing = function["TracingConfig"]
    checks.that("the function's tracing", tracing["Mode"] == parameters["Tracing"], tracing)
    checks.that("the function logs JSON", function["LoggingConfig"]["LogFormat"] == "JSON", function["LoggingConfig"])
    size = sum(len(f"{k}{v}") for k, v in function["Environment"]["Variables"].items())
    checks.that("the function's environment fits into 4 KB", size <= 4096, size)


def check_api(checks, stack):
    routes = stack.routes()
    checks.same("routes to the function", routes, ["ANY /webhooks", "ANY /webhooks/{token}"])
    (stage,) = stack.client("apigatewayv2").get_stages(ApiId=stack.physical_id("Api"))["Items"]
    checks.that(
        "the API is throttled",
        all(stage["DefaultRouteSettings"].get(f"Throttling{k}Limit") for k in ("Rate", "Burst")),
        stage,
    )
    logged = set(json.loads(stage["AccessLogSettings"]["Format"]).values())
    checks.that("the access log names the route", "$context.routeKey" in logged, logged)
    allowed = {
        "requestId",
        "requestTime",
        "identity.sourceIp",
        "routeKey",
        "status",
        "responseLength",
        "integrationStatus",
        "integrationLatency",
        "responseLatency",
        "error.responseType",
    }
    checks.that(
        "the access log holds no path, query or header", logged <= {f"$context.{name}" for name in allowed}, logged
    )
    (api,) = stack.of_type("AWS::ApiGatewayV2::Api").values()
    endpoint = api["Body"]["servers"][0]["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"]
    checks.that("the API's default endpoint", endpoint == (stack.parameters["DefaultEndpoint"] == "disabled"), endpoint)


def refused_without_tls(policy):
    for statement in policy["PolicyDocument"]["Statement"]:
        is_for_all = (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        if is_for_all and statement["Condition"] == {"Bool": {"aws:SecureTransport": False}}:
            yield statement["Resource"]


def queue_name(stack, slug):
    return f"{stack.parameters['QueuePrefix']}{slug}{'.fifo' if stack.parameters['QueueType'] == 'fifo' else ''}"


def queue_arn(stack, slug):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue_name(stack, slug)}"


def written(value):
    """Writes a value like SQS and Lambda."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def each(value):
    return value if isinstance(value, list) else [value]


def duplicates(values):
    return [value for value, count in Counter(values).items() if count > 1]
