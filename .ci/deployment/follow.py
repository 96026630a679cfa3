"""docs/deploy.md followed to the end: its commands, the stacks that they deploy, and the tool with those stacks' settings."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import template
from guide import API, QUEUES, Call, Guide, problem_of_aws

FIRST = "From an empty account to the first event"
# Files of the clone that the guide does not make.
TRACKED = {"template.yaml", "samconfig.toml"}
# A reader takes ten minutes for this many words.
WORDS_IN_TEN_MINUTES = 2_000
PRODUCTION = {"QueuePrefix": "production-prelude-webhooks-", "LogRetentionDays": "90"}
# Exported by the first deployment.
SECRETS = "PRELUDE_CLI_MANAGEMENT_KEY=a-key-of-prelude PRELUDE_CLI_VERIFICATION_TOKEN=a-token"
ROUTES = '{"user.*":"users"}'


def check_guide(checks, source):
    """Returns the parameters of the stacks, by the stack's name."""
    checks.section("docs/deploy.md, followed")
    with Guide() as guide:
        words = len(guide.section(FIRST).split())
        checks.that("a first deployment can be read in ten minutes", words <= WORDS_IN_TEN_MINUTES, words)
        calls = guide.run(FIRST)
        check_first(checks, source, guide, calls)
        versions = set(re.findall(r"[\w-]+==[\d.]+", guide.section(FIRST)))
        checks.same("the guide installs the tested versions", versions, tested_versions())
        calls += check_environments(checks, guide)
        stacks = {"prelude-webhooks": routed(checks, guide)}
        shutil.copy(guide.clone / "parameters.yaml", guide.clone / "parameters-staging.yaml")
        for name in ("staging", "production"):
            stack, stacks[f"prelude-webhooks-{name}"] = deployed(guide, ["--config-env", name])
            checks.that(f"{name} is a stack of its own", stack == f"prelude-webhooks-{name}", stack)
        others = [heading for heading in guide.headings() if heading not in (FIRST, "Environments")]
        calls += guide.run(*others, before=f"URL={API} APP_ID=demoapp1 {SECRETS}")
        for call in calls:
            if call.program == "curl" and "-d" in call.arguments:
                json.loads(call.option("-d"))
            if call.program == "aws":
                checks.that(f"the AWS CLI knows: {call}", not problem_of_aws(call), problem_of_aws(call))
            if call.program == "sam":
                guide.deployment(call)
        check_command_line(checks, source, guide)
        return stacks


def check_first(checks, source, guide, calls):
    (deployment, *_) = [guide.deployment(call) for call in calls if call.arguments[:1] == ["deploy"]]
    name, parameters = deployment
    checks.that("the first deployment is of the stack prelude-webhooks", name == "prelude-webhooks", name)
    pem = (guide.clone / "account.pub.pem").read_text()
    checks.that("the public key arrives whole", parameters.get("PublicKeys") == pem, parameters)
    checks.that("every parameter exists", set(parameters) <= set(source["Parameters"]), sorted(parameters))
    check_patterns(checks, source, parameters)
    (app,) = json.loads(parameters["Apps"])
    token = next(call.variables[n] for call in calls for n in call.variables if n == "PRELUDE_CLI_VERIFICATION_TOKEN")
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-r"], input=token.encode(), capture_output=True).stdout[:64]
    checks.that("the app has the token's digest", app["verification_token"] == f"sha256:{digest.decode()}", app)
    bodies = [json.loads(call.option("-d")) for call in calls if call.program == "curl" and "-d" in call.arguments]
    urls = [body.get("options", {}).get("callback_url") for body in bodies]
    checks.that("a verification names the URL", urls == [API], bodies)
    activated = [call for call in calls if str(call) == f"cargo prelude activate --app demoapp1 --url {API}"]
    checks.that("the app is activated with the URL", len(activated) == 1, [str(call) for call in calls])
    variables = activated[0].variables if activated else {}
    wanted = {"PRELUDE_CLI_MANAGEMENT_KEY", "PRELUDE_CLI_VERIFICATION_TOKEN"}
    checks.that("the tool gets its secrets", wanted <= set(variables), sorted(variables))
    received = [call.option("--queue-url") for call in calls if "receive-message" in call.arguments]
    slugs = {QUEUES + slug for slug in template.code_table().values()}
    checks.that("the first message is read from a queue of the template", set(received) <= slugs and received, received)
    ignored = subprocess.run(
        ["git", "check-ignore", *sorted(path.name for path in guide.clone.iterdir() if path.name not in TRACKED)],
        cwd=template.ROOT,
        capture_output=True,
        text=True,
    )
    written = {path.name for path in guide.clone.iterdir()} - TRACKED
    checks.same("git ignores every file that the guide makes", ignored.stdout.split(), written)


def check_environments(checks, guide):
    """Production keeps the names of its queues, in each form that the guide shows."""
    calls = guide.run("Environments")
    deployments = [guide.deployment(call) for call in calls if call.arguments[:1] == ["deploy"]]
    checks.that("the guide deploys production in two forms", len(deployments) == 2, [str(call) for call in calls])
    _, own = deployed(guide, [])
    for name, parameters in deployments:
        checks.that("production is a stack of its own", name == "prelude-webhooks-production", name)
        kept = {key: parameters.get(key) for key in PRODUCTION}
        checks.that("production keeps its names", kept == PRODUCTION, parameters)
        missing = {key: value for key, value in own.items() if parameters.get(key) != value}
        checks.that("production gets the settings of its file", own and not missing, missing)
    _, replaced = deployed(guide, ["--config-env", "production", "--parameter-overrides", "file://parameters.yaml"])
    checks.that("the guide warns of what SAM does", "QueuePrefix" not in replaced, replaced)
    return calls


def routed(checks, guide):
    """Parameters of the first stack with the guide's lines for merged queues."""
    (lines,) = [block for block in guide.blocks("Merged queues", "yaml") if "Routes" in block]
    with (guide.clone / "parameters.yaml").open("a") as file:
        file.write(lines)
    _, parameters = deployed(guide, [])
    checks.that("Routes survives SAM's parser", parameters.get("Routes") == ROUTES, parameters.get("Routes"))
    return parameters


def check_command_line(checks, source, guide):
    """The guide says that JSON on the command line is refused."""
    pattern = source["Parameters"]["Routes"]["AllowedPattern"]
    (shown,) = re.findall(r"`--parameter-overrides '(Routes=[^`]*)'`", guide.section("Parameters"))
    _, parameters = deployed(guide, ["--parameter-overrides", shown])
    refused = not re.fullmatch(pattern, parameters["Routes"])
    checks.that("Routes on the command line is refused", parameters["Routes"] == "{" and refused, parameters)
    (guide.clone / "mapping.yaml").write_text("Routes: {user.*: users}\n")
    _, parameters = deployed(guide, ["--parameter-overrides", "file://mapping.yaml"])
    checks.that("Routes as a YAML mapping is refused", not re.fullmatch(pattern, parameters["Routes"]), parameters)


def deployed(guide, arguments):
    return guide.deployment(Call("sam", ["deploy", *arguments], {}))


def check_patterns(checks, source, parameters):
    for name, value in parameters.items():
        declared = source["Parameters"][name]
        values = value.split(",") if declared["Type"] == "CommaDelimitedList" else [value]
        pattern, allowed = declared.get("AllowedPattern"), declared.get("AllowedValues")
        for value in values:
            accepted = (not pattern or re.fullmatch(pattern, value)) and (not allowed or value in map(str, allowed))
            checks.that(f"the template accepts the guide's {name}", accepted, value)


def tested_versions():
    """Versions in .ci/run and requirements.txt of what the guide installs."""
    run = (template.ROOT / ".ci/run").read_text()
    sam = re.search(r"^aws-sam-cli==.*$", (template.ROOT / ".ci/deployment/requirements.txt").read_text(), re.MULTILINE)
    version = lambda name: re.search(rf"^readonly {name}_version=(.*)$", run, re.MULTILINE)[1]
    return {sam[0], f"cargo-lambda=={version('cargo_lambda')}", f"ziglang=={version('zig')}"}


def check_tool(checks, tool, stack):
    """Every command of the tool accepts the production.env that docs/operate.md makes of the function's environment."""
    checks.section(f"the tool with the settings of {stack.name}")
    if not tool.exists():
        raise SystemExit(f"{tool} is missing: expected the tool that `cargo test --workspace` builds")
    with tempfile.TemporaryDirectory(prefix="prelude-tool-") as folder:
        run_tool(checks, tool, stack, Path(folder))


def run_tool(checks, tool, stack, folder):
    variables = stack.function()["Environment"]["Variables"]
    runbook = (template.ROOT / "docs/operate.md").read_text()
    (recipe,) = [b for b in re.findall(r"^```sh\n(.*?)^```$", runbook, re.MULTILINE | re.DOTALL) if ">production.env" in b]
    (folder / "variables.json").write_text(json.dumps(variables))
    (folder / "aws").write_text("#!/bin/sh\ncat variables.json\n")
    (folder / "aws").chmod(0o755)
    recipe = recipe.replace("<output FunctionName>", stack.physical_id(template.FUNCTION))
    subprocess.run(["bash", "-euc", f'PATH="$PWD:$PATH"\n{recipe}'], cwd=folder, check=True)
    (folder / "body").write_text("{}")
    event = template.ROOT / "events/user.created.json"
    environment = {
        "AWS_ENDPOINT_URL_SQS": stack.client("sqs").meta.endpoint_url,
        **{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "HOME": str(folder)},
        **{"PRELUDE_CLI_MANAGEMENT_KEY": "test", "PRELUDE_CLI_VERIFICATION_TOKEN": "test"},
    }
    # Those that end with 1 find no message, no server, no task, or refuse a signature and a request. They have read the settings.
    commands = {
        "doctor": (["--offline"], 0),
        "parked list": ([], 0),
        "parked show": (["none"], 1),
        "parked replay": (["--dry-run"], 0),
        "parked delete": (["none", "--dry-run"], 1),
        "dev": (["--print-settings"], 0),
        "activate": (["--app", "demoapp1", "--url", API, "--dry-run", "--base-url", "http://127.0.0.1:1"], 1),
        "redrive": (["user.created", "--cancel"], 1),
        "verify": (["body", "--signature", "rsassa-pss-sha256=AAAA"], 1),
        "explain": ([str(event), "--offline"], 1),
    }
    checks.same("every command that reads settings is run", commands, readers(tool))
    for command, (arguments, code) in commands.items():
        ran = subprocess.run(
            [tool, *command.split(), *arguments, "--env-file", "production.env"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        output = ran.stdout + ran.stderr
        is_read = not re.search("would not start|cannot be read|NAME=value|panicked|Usage:", output)
        checks.that(f"{command} accepts production.env", is_read and ran.returncode == code, (ran.returncode, output))


def readers(tool):
    """Commands of the tool with --env-file, as their help says."""
    help_of = lambda *command: subprocess.run([tool, *command, "--help"], capture_output=True, text=True, check=True).stdout
    listed = lambda text: re.findall(r"^  ([a-z]+)", text.split("Commands:\n")[1].split("\n\n")[0], re.MULTILINE)
    found = set()
    for name in listed(help_of()):
        text = help_of(name)
        inner = [[name, sub] for sub in listed(text) if sub != "help"] if "\nCommands:\n" in text else [[name]]
        found |= {" ".join(command) for command in inner if "--env-file" in help_of(*command)}
    return found
