"""The custom resource that fails a deployment whose function does not start: its properties, and its handler as a process."""

import base64
import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import template
from runtime_api import Function
from stack import REGION
from tokens import DIGEST, SECRET, app

CHECK, HANDLER, ROLE = "StartCheck", "StartCheckHandler", "StartCheckRole"
EVENT = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": CHECK}
STANDARD = {
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_LAMBDA_FUNCTION_NAME": "receiver",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
}


def check_start_check(checks, source, settings, binary):
    checks.section("the check that the function starts")
    check_properties(checks, source, settings)
    check_caller(checks, source)
    check_handler(checks, source, settings, binary)


def check_properties(checks, source, settings):
    """Checks that everything that can prevent a start is among the properties, and that no secret is."""
    properties = source["Resources"][CHECK]["Properties"]
    variables = source["Resources"][template.FUNCTION]["Properties"]["Environment"]["Variables"]
    checks.same("the check has every variable of the environment", properties["Settings"], variables)
    for name, value in variables.items():
        missing = parameters_of(value) - parameters_of(properties["Settings"].get(name))
        checks.that(f"the check has the parameters of {name}", not missing, missing)
    before = expanded(settings)
    for parameter in sorted(source["Parameters"]):
        after = expanded({**settings, parameter: changed(source, parameter, settings[parameter])})
        starts = lambda stack: [stack["Environment"], stack.get("Layers"), stack["Architectures"]]
        function = starts(before[template.FUNCTION]) != starts(after[template.FUNCTION])
        check = before[CHECK] != after[CHECK]
        checks.that(f"a change of {parameter} runs the check if it changes the start", check or not function, parameter)
    secret = {**settings, "Apps": json.dumps([app(SECRET)]), "PathToken": f"{SECRET},{DIGEST}"}
    shown = json.dumps(expanded(secret)[CHECK])
    checks.that("no property of the check is a reference that CloudFormation resolves", "{{" not in shown, shown)
    other = expanded({**secret, "PathToken": SECRET.replace("token", "other")})[CHECK]
    checks.that("another reference runs the check", other != expanded(secret)[CHECK])
    version = re.search(r'^version = "(.+)"$', (template.ROOT / "Cargo.toml").read_text(), flags=re.MULTILINE)[1]
    checks.that("the check has the version in Cargo.toml", properties["Version"] == version, properties["Version"])
    checks.that("the check takes at most a minute", str(properties["ServiceTimeout"]) == "60", properties)
    policies = {source["Resources"][CHECK].get(name) for name in ("DeletionPolicy", "UpdateReplacePolicy")}
    checks.that("a deletion does not call the check's handler", policies == {"Retain"}, policies)


def check_caller(checks, source):
    """Checks that only the check's role may invoke the receiver, and that nobody outside the account may run the check."""
    resources = template.expand(template.defaults(source), "check", "s3://bucket/code.zip")["Resources"]
    allowed = {
        key: statement["Resource"]
        for key, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if "lambda:InvokeFunction" in statement["Action"]
    }
    receiver = {ROLE: {"Fn::GetAtt": [template.FUNCTION, "Arn"]}}
    checks.that("only the check's role may invoke, and the receiver only", allowed == receiver, allowed)
    permissions = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::Lambda::Permission"]
    invokers = {(json.dumps(p["FunctionName"]), p["Principal"]) for p in permissions}
    gateway = {(json.dumps({"Ref": template.FUNCTION}), "apigateway.amazonaws.com")}
    checks.same("only API Gateway may invoke from outside, and the receiver only", invokers, gateway)


def check_handler(checks, source, settings, binary):
    code = source["Resources"][HANDLER]["Properties"]["Code"]["ZipFile"]
    checks.that("the handler has at most 40 lines", len(code.splitlines()) <= 40, len(code.splitlines()))
    checks.that("the handler fits into 4,096 characters", len(code) <= 4096, len(code))
    variables = expanded(settings)[template.FUNCTION]["Environment"]["Variables"]
    variables = {name: value for name, value in variables.items() if name != "PRELUDE_CONFIG_FILE"}
    good = lambda: invoke(binary, variables)
    with Stub() as stub:
        run = lambda event, answer: stub.run(code, event, answer)
        for event in ("Create", "Update"):
            answer = run(event, good)
            checks.that(f"{event} of a good configuration succeeds", answer["Status"] == "SUCCESS", answer)
            checks.that("the answer has the event's ids", {k: answer[k] for k in EVENT} == EVENT, answer)
        for variable, value in BAD.items():
            answer = run("Update", lambda: invoke(binary, {**variables, variable: value}))
            checks.that(f"a bad {variable} fails", answer["Status"] == "FAILED", answer)
            checks.that(f"the reason names {variable}", variable in answer["Reason"], answer)
            checks.that(f"the reason does not show the value of {variable}", value not in answer["Reason"], answer)
            checks.note(f"{variable}: {answer['Reason']}")
        for what, failure in FAILURES.items():
            answer = run("Create", lambda: (200, failure, "Unhandled", ""))
            checks.that(f"{what} fails", answer["Status"] == "FAILED", answer)
        older = {"errorType": "not_api_gateway", "errorMessage": "…"}
        answer = run("Update", lambda: (200, older, "Unhandled", ""))
        checks.that("a build that does not know the check has started", answer["Status"] == "SUCCESS", answer)
        late = iter([lambda: DENIED, good])
        answer = run("Create", lambda: next(late)())
        checks.that("a right that arrives late is waited for", answer["Status"] == "SUCCESS", answer)
        calls = stub.calls
        answer = run("Delete", lambda: DENIED)
        checks.that("Delete succeeds without a call", (answer["Status"], stub.calls) == ("SUCCESS", calls), answer)
        sent = {bytes(body) for body in stub.bodies}
        checks.that("the handler sends the check alone", sent == {b'{"prelude_webhooks":"check"}'}, sent)


BAD = {
    "PRELUDE_APPS": '[{"app_id": "secret-looking',
    "PRELUDE_PATH_TOKEN": "sec/ret",
    "PRELUDE_ROUTES": "[]",
    "PRELUDE_UNKNOWN": "typo-of-a-name",
}
FAILURES = {
    "a start that runs out of time": {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 9.00 seconds"},
    "a package for the wrong processor": {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": "…"},
    "an answer of something else": {"statusCode": 200},
    "an answer that is not an object": "healthy",
}
DENIED = (403, {"Message": "not authorized"}, None, "")


def invoke(binary, variables):
    """Invokes the binary as Lambda would: status, payload, function error, log."""
    with Function([binary], {**STANDARD, **variables}, timeout=9) as function:
        end, answer, _request_id = function.run({"prelude_webhooks": "check"})
    # The process has ended, so its log is complete.
    log = "".join(function.log)
    if end == "response":
        return 200, answer, None, log
    return 200, {"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"}, "Unhandled", log


def parameters_of(value):
    """The names of the template's parameters in a value, without pseudo parameters."""
    found = set(re.findall(r'"Ref": "(\w+)"', json.dumps(value)))
    return found | {name for name in re.findall(r"\$\{(\w+)\}", json.dumps(value)) if "::" not in name}


def expanded(parameters):
    resources = template.expand(parameters, "check", "s3://bucket/code.zip")["Resources"]
    return {key: resources[key]["Properties"] for key in (template.FUNCTION, CHECK)}


def changed(source, parameter, value):
    """Another value that the parameter admits."""
    declared = source["Parameters"][parameter]
    others = [other for other in declared.get("AllowedValues", []) if str(other) != str(value)]
    if others:
        return others[0]
    return OTHERS.get(parameter) or (int(value or 0) + 1 if declared["Type"] == "Number" else f"{value}1")


OTHERS = {
    "Apps": json.dumps([app()]),
    "PathToken": DIGEST,
    "ExtraSlugs": "profiles",
    "ConfigLayerArn": "arn:aws:lambda:eu-central-1:123456789012:layer:prelude:1",
    "SubnetIds": "subnet-1",
    "SecurityGroupIds": "sg-1",
}


class Stub:
    """Lambda's Invoke and CloudFormation's answer URL on loopback."""

    def __init__(self):
        self.calls, self.bodies, self.answer, self._invoke = 0, [], None, None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def run(self, code, request_type, invoke):
        """Runs the handler in a process of its own, and returns its answer to CloudFormation."""
        self._invoke, self.answer = invoke, None
        event = {**EVENT, "RequestType": request_type, "ResponseURL": f"{self._url}/answer"}
        event["ResourceProperties"] = {"FunctionName": "receiver"}
        environment = {
            "AWS_ENDPOINT_URL_LAMBDA": self._url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        with TemporaryDirectory() as folder:
            Path(folder, "index.py").write_text(code)
            start = "import json, sys; import index; index.handler(json.load(sys.stdin), None)"
            subprocess.run(
                [sys.executable, "-B", "-c", start], input=json.dumps(event).encode(), cwd=folder, env=environment, check=True
            )
        return self.answer

    def _handler(stub):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                stub.calls += 1
                stub.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                status, payload, error, log = stub._invoke()
                self.send_response(status)
                if status != 200:
                    self.send_header("X-Amzn-ErrorType", "AccessDeniedException")
                if error:
                    self.send_header("X-Amz-Function-Error", error)
                # Lambda returns the last 4 KB.
                tail = log.encode()[-4096:]
                self.send_header("X-Amz-Log-Result", base64.b64encode(tail).decode())
                self._finish(json.dumps(payload).encode())

            def do_PUT(self):
                stub.answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                # S3 refuses a signed request with another type.
                assert self.headers["Content-Type"] == "", self.headers
                self.send_response(200)
                self._finish(b"")

            def _finish(self, body):
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
