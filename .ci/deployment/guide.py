"""The commands of docs/deploy.md, taken from the guide and run in a scratch folder.

Programs that need an account or the network, or that install something, are replaced by a recorder. The shell, OpenSSL and sed
are real. SAM's own command line then reads each recorded call of `sam`, and botocore's models each call of `aws`.
"""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

import template

import botocore.session
from botocore import xform_name

GUIDE = template.ROOT / "docs/deploy.md"
CLONE = "prelude-webhooks"
API = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/webhooks"
QUEUES = "https://sqs.eu-west-1.amazonaws.com/123456789012/prelude-webhooks-"

# Text for each placeholder of the commands. One that is missing here fails the test.
PLACEHOLDERS = {
    "address of this repository": "https://example.com/prelude-webhooks.git",
    "your app's id": "demoapp1",
    "from Prelude's dashboard": "a-key-of-prelude",
    "your phone number, with + and country": "+33639980001",
    "commit": "0123abc",
    "ARN": "arn:aws:acm:eu-west-1:123456789012:certificate/a1b2c3",
    "export prelude-webhooks:user-created-dlq:arn": "arn:aws:sqs:eu-west-1:123456789012:prelude-webhooks-user-created-dlq",
    "output FunctionName": "prelude-webhooks-Receiver-AbCdEf123456",
}
# Options of the AWS CLI itself.
GLOBAL = {"query", "output", "region", "profile", "zip-file"}

RECORDER = f"#!{sys.executable}" + """
import json, os, sys
name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(os.environ["RECORD"], "a") as record:
    names = [variable for variable in os.environ if variable.startswith("PRELUDE_")]
    variables = {variable: os.environ[variable] for variable in names}
    record.write(json.dumps({"program": name, "arguments": arguments, "variables": variables}) + "\\n")
text = " ".join(arguments)
if name == "git" and arguments[0] == "clone":
    os.rename("sources", arguments[2])
elif name == "python3":
    os.makedirs(".venv/bin", exist_ok=True)
    open(".venv/bin/activate", "w").close()
elif "WebhookUrl" in text:
    print(os.environ["API"])
elif "QueueUrlPrefix" in text:
    print(os.environ["QUEUES"])
"""
REPLACED = ("aws", "cargo", "curl", "git", "pip", "prelude", "python3", "rustup", "sam", "zip")


@dataclass
class Call:
    """Call of a replaced program."""

    program: str
    arguments: list
    variables: dict

    def __str__(self):
        return " ".join([self.program, *self.arguments])

    def option(self, name):
        return self.arguments[self.arguments.index(name) + 1] if name in self.arguments else None


class Guide:
    """The guide, followed in a folder of its own. Leaving the context removes the folder."""

    def __init__(self):
        self.text = GUIDE.read_text()

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="prelude-guide-"))
        sources = self.folder / "sources"
        sources.mkdir()
        for name in ("template.yaml", "samconfig.toml"):
            shutil.copy(template.ROOT / name, sources)
        shutil.copy(template.ROOT / "tests/keys/account-2048.pub.pem", sources / "account.pub.pem")
        (self.folder / "bin").mkdir()
        for name in REPLACED:
            (self.folder / "bin" / name).write_text(RECORDER)
            (self.folder / "bin" / name).chmod(0o755)
        (self.folder / ".cargo").mkdir()
        (self.folder / ".cargo/env").touch()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    @property
    def clone(self):
        return self.folder / CLONE

    def section(self, heading):
        """Text below a heading of the second or third level, up to the next of the same level."""
        level = re.search(rf"^(#+) {re.escape(heading)}$", self.text, re.MULTILINE)
        if not level:
            raise SystemExit(f"docs/deploy.md has no heading {heading!r}")
        return re.split(rf"^{level[1]} ", self.text[level.end() :], maxsplit=1, flags=re.MULTILINE)[0]

    def blocks(self, heading, language):
        found = re.findall(rf"^ *```{language}\n(.*?)^ *```$", self.section(heading), re.MULTILINE | re.DOTALL)
        # A block of a list item is indented.
        return [textwrap.dedent(block) for block in found]

    def headings(self):
        """Headings of the second level."""
        return re.findall(r"^## (.*)$", self.text, re.MULTILINE)

    def run(self, *headings, before=""):
        """Runs the commands of these sections in one shell. Returns the calls of replaced programs."""
        commands = "\n".join(filled(block) for heading in headings for block in self.blocks(heading, "sh"))
        record = self.folder / "record"
        record.write_text("")
        environment = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            **{"RECORD": str(record), "API": API, "QUEUES": QUEUES},
        }
        start = self.clone if self.clone.is_dir() else self.folder
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{before}\n{commands}"],
            cwd=start,
            env=environment,
            capture_output=True,
            text=True,
        )
        if ran.returncode != 0:
            raise SystemExit(f"the commands of {headings} failed: {ran.stderr}")
        return [Call(**json.loads(line)) for line in record.read_text().splitlines()]

    def deployment(self, call):
        """Name and parameters of the stack that a call of `sam deploy` deploys, by SAM's own command line."""
        here = os.getcwd()
        os.chdir(self.clone)
        try:
            name, *arguments = call.arguments
            command = importlib.import_module(f"samcli.commands.{name}.command").cli
            parsed = command.make_context(name, arguments).params
        finally:
            os.chdir(here)
        return parsed.get("stack_name"), parsed.get("parameter_overrides")


def filled(commands):
    """The commands with a text for each placeholder, such as <your app's id>."""

    def text(match):
        if match[1] not in PLACEHOLDERS:
            raise SystemExit(f"docs/deploy.md has an unknown placeholder <{match[1]}>: add it to .ci/deployment/guide.py")
        return PLACEHOLDERS[match[1]]

    return re.sub(r"(?<!<)<(?!<)([^<>\n]+)>", text, commands)


# Options that the AWS CLI gives another name than AWS's model, because it has a global option of that name.
RENAMED = {("sns", "subscribe", "endpoint"): "notification-endpoint"}


def problem_of_aws(call):
    """Describes what the AWS CLI would refuse in a call, if anything."""
    service, operation, *options = call.arguments
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        return f"{service} has no operation {operation}"
    members = {xform_name(name, "-") for name in model.operation_model(names[operation]).input_shape.members}
    members = {RENAMED.get((service, operation, member), member) for member in members}
    given = {option.removeprefix("--") for option in options if option.startswith("--")}
    unknown = given - members - GLOBAL
    return f"{service} {operation} has no option {sorted(unknown)}" if unknown else None
