"""The expanded template as a stack in moto. Resource types that moto's CloudFormation lacks are created by API calls."""

import io
import json
import re
import zipfile

import boto3

from template import ACCOUNT, FUNCTION, REGION, expand, made, pseudo_parameters

BUCKET = "deployment-test"

QUEUE = "AWS::SQS::Queue"
BY_CLOUDFORMATION = {"AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::LogGroup", QUEUE}


class Stack:
    def __init__(self, name, parameters, moto):
        self.name = name
        self.parameters = parameters
        self._moto = moto
        self._clients = {}
        self._ids = {}
        self._pseudo_parameters = pseudo_parameters(name)
        self.template = expand(parameters, name, f"s3://{BUCKET}/code.zip")
        self.resources = made(self.template)
        self.outputs = made(self.template, "Outputs")

    def client(self, service):
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self._moto,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def create(self):
        """Creates all resources. Returns the types that moto's CloudFormation does not know, with their counts."""
        self._upload_code()
        template = {
            **self.template,
            "Resources": {k: r for k, r in self.template["Resources"].items() if r["Type"] in BY_CLOUDFORMATION},
            "Outputs": {},
        }
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=self.name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
        )
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.name):
            for resource in page["StackResourceSummaries"]:
                # moto also lists a function's first version, without a logical ID.
                if resource["LogicalResourceId"]:
                    self._ids[resource["LogicalResourceId"]] = resource["PhysicalResourceId"]
        made = {key for key, resource in self.resources.items() if resource["Type"] in BY_CLOUDFORMATION}
        if made != set(self._ids):
            raise SystemExit(f"moto's CloudFormation omitted or added {sorted(made ^ set(self._ids))}")
        generically = {}
        # Resources that others refer to come first: an API before its stage, a role before its policy.
        for resource_type in GENERICALLY:
            for key, resource in self.resources.items():
                if resource["Type"] == resource_type:
                    properties = self.resolve(resource["Properties"])
                    self._ids[key] = GENERICALLY[resource_type](self, key, properties)
                    generically[resource_type] = generically.get(resource_type, 0) + 1
        missing = {r["Type"] for k, r in self.resources.items() if k not in self._ids}
        if missing:
            raise SystemExit(f"{', '.join(sorted(missing))} cannot be created: add them to .ci/deployment/stack.py")
        return generically

    def delete(self):
        # moto ignores deletion policies, so this deletes the queues, too.
        self.client("cloudformation").delete_stack(StackName=self.name)

    def of_type(self, resource_type):
        """Their resolved properties, by logical id."""
        resources = self.resources.items()
        return {key: self.resolve(r["Properties"]) for key, r in resources if r["Type"] == resource_type}

    def physical_id(self, key):
        return self._ids[key]

    def resolve(self, value):
        """The value with its remaining intrinsic functions resolved."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) != 1:
            return {key: self.resolve(item) for key, item in value.items()}
        ((function, argument),) = value.items()
        if function == "Ref":
            return self._ref(argument)
        if function == "Fn::GetAtt":
            return self._attribute(*argument)
        if function == "Fn::Join":
            return argument[0].join(self.resolve(argument[1]))
        if function == "Fn::Sub":
            text, variables = argument if isinstance(argument, list) else (argument, {})
            return re.sub(r"\$\{([\w.:]+)\}", lambda match: self._substitute(match[1], variables), text)
        if function.startswith("Fn::"):
            raise SystemExit(f"{function} is not resolved in the expanded template: {argument}")
        return {function: self.resolve(argument)}

    def routes(self):
        """Returns the keys of the API's routes whose integration is the function, and that the function permits."""
        gateway, api = self.client("apigatewayv2"), self._ids["Api"]
        function = self._attribute(FUNCTION, "Arn")
        integrations = {i["IntegrationId"]: i["IntegrationUri"] for i in gateway.get_integrations(ApiId=api)["Items"]}
        policy = json.loads(self.client("lambda").get_policy(FunctionName=function)["Policy"])
        allowed = [s["Condition"]["ArnLike"]["AWS:SourceArn"] for s in policy["Statement"]]
        keys = []
        for route in gateway.get_routes(ApiId=api)["Items"]:
            key, target = route["RouteKey"], integrations[route["Target"].removeprefix("integrations/")]
            source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/*{re.sub(r'{[^}]*}', '*', key.split(' ')[1])}"
            if f"/functions/{function}/invocations" in target and source in allowed:
                keys.append(key)
        return keys

    def function(self):
        """Returns the configuration of the function."""
        return self.client("lambda").get_function_configuration(FunctionName=self.physical_id(FUNCTION))

    def queue_url(self, name):
        return self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]

    def _substitute(self, name, variables):
        if name in variables:
            return self.resolve(variables[name])
        return self._attribute(*name.split(".", 1)) if "." in name else self._ref(name)

    def _ref(self, name):
        for known in (self._pseudo_parameters, self._ids, self.parameters):
            if name in known:
                return known[name]
        raise SystemExit(f"{name} is unknown: expected a pseudo parameter, a resource or a parameter")

    def _attribute(self, key, attribute):
        resource, physical = self.resources[key], self._ref(key)
        match resource["Type"], attribute:
            case "AWS::SQS::Queue", "Arn":
                return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{physical.rsplit('/', 1)[-1]}"
            case "AWS::SQS::Queue", "QueueName":
                return physical.rsplit("/", 1)[-1]
            case "AWS::IAM::Role", "Arn":
                return f"arn:aws:iam::{ACCOUNT}:role/{physical}"
            case "AWS::Lambda::Function", "Arn":
                return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{physical}"
            case "AWS::Logs::LogGroup", "Arn":
                return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{physical}:*"
            case "AWS::ApiGatewayV2::Api", "ApiEndpoint":
                return f"https://{physical}.execute-api.{REGION}.amazonaws.com"
        raise SystemExit(f"attribute {attribute} of {resource['Type']} is unknown: add it to .ci/deployment/stack.py")

    def _upload_code(self):
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("bootstrap", "")
        s3 = self.client("s3")
        if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=BUCKET, Key="code.zip", Body=package.getvalue())

    def _make_role_policy(self, key, properties):
        self.client("iam").put_role_policy(
            RoleName=properties["RoleName"],
            PolicyName=properties["PolicyName"],
            PolicyDocument=json.dumps(properties["PolicyDocument"]),
        )
        return properties["PolicyName"]

    def _make_queue_policy(self, key, properties):
        for url in properties["Queues"]:
            policy = json.dumps(properties["PolicyDocument"])
            self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return key

    def _make_api(self, key, properties):
        gateway, body = self.client("apigatewayv2"), properties["Body"]
        api = gateway.create_api(Name=body["info"]["title"], ProtocolType="HTTP")["ApiId"]
        # moto reads the routes of an import, but not their integrations. The permission names the function they call.
        for path, methods in body["paths"].items():
            for method, operation in methods.items():
                integration = operation["x-amazon-apigateway-integration"]
                made = gateway.create_integration(
                    ApiId=api,
                    IntegrationType=integration["type"].upper(),
                    IntegrationMethod=integration["httpMethod"],
                    IntegrationUri=integration["uri"],
                    PayloadFormatVersion=integration["payloadFormatVersion"],
                )
                verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                gateway.create_route(
                    ApiId=api, RouteKey=f"{verb} {path}", Target=f"integrations/{made['IntegrationId']}"
                )
        return api

    def _make_stage(self, key, properties):
        self.client("apigatewayv2").create_stage(**{k: v for k, v in properties.items() if k != "Tags"})
        return properties["StageName"]

    def _make_permission(self, key, properties):
        self.client("lambda").add_permission(StatementId=key, **properties)
        return key

    def _make_alarm(self, key, properties):
        self.client("cloudwatch").put_metric_alarm(**properties)
        return properties["AlarmName"]

    def _make_metric_filter(self, key, properties):
        # CloudFormation's names begin with capitals, those of the API do not.
        transformations = [{f"{k[0].lower()}{k[1:]}": v for k, v in t.items()} for t in properties["MetricTransformations"]]
        self.client("logs").put_metric_filter(
            logGroupName=properties["LogGroupName"],
            filterName=key,
            filterPattern=properties["FilterPattern"],
            metricTransformations=transformations,
        )
        return key

    def _make_query(self, key, properties):
        # moto has no saved queries.
        return key

    def _make_dashboard(self, key, properties):
        self.client("cloudwatch").put_dashboard(**properties)
        return properties["DashboardName"]

    def _make_check(self, key, properties):
        # .ci/deployment/start_check.py runs its handler.
        return key


# Resources that moto's CloudFormation does not know, in the order of creation. Each function returns the physical id.
GENERICALLY = {
    "AWS::IAM::RolePolicy": Stack._make_role_policy,
    "AWS::SQS::QueuePolicy": Stack._make_queue_policy,
    "AWS::ApiGatewayV2::Api": Stack._make_api,
    "AWS::ApiGatewayV2::Stage": Stack._make_stage,
    "AWS::Lambda::Permission": Stack._make_permission,
    "AWS::CloudWatch::Alarm": Stack._make_alarm,
    "AWS::CloudWatch::Dashboard": Stack._make_dashboard,
    "AWS::Logs::MetricFilter": Stack._make_metric_filter,
    "AWS::Logs::QueryDefinition": Stack._make_query,
    "Custom::StartCheck": Stack._make_check,
}
