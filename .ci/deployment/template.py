"""template.yaml, expanded by SAM's own code, and the receiver's own lists for a comparison.

As a program, prints the expanded template for tools that cannot read Fn::ForEach. Arguments are parameters, Name=value.
"""

import json
import logging
import os
import re
import sys
from pathlib import Path

os.environ["SAM_CLI_TELEMETRY"] = "0"
# Disabled, because SAM would complain about metrics that are not published.
logging.getLogger("samtranslator").setLevel(logging.ERROR)
# Its exceptions hold the same as its log.
logging.getLogger("samcli").setLevel(logging.CRITICAL)

from boto3 import Session
from samcli.commands.validate.lib.exceptions import InvalidSamDocumentException as NotExpandable
from samcli.lib.cfn_language_extensions.sam_integration import expand_language_extensions
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
FUNCTION = "Receiver"

ACCOUNT = "123456789012"
REGION = "eu-central-1"
# SAM's code asks for a region even if one is given.
os.environ.setdefault("AWS_DEFAULT_REGION", REGION)


def source():
    return yaml_parse(TEMPLATE.read_text())


def defaults(template):
    return {name: parameter.get("Default", "") for name, parameter in template["Parameters"].items()}


def pseudo_parameters(stack_name):
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack_name}/0",
        "AWS::StackName": stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def expand(parameters, stack_name, code):
    """The template that CloudFormation gets after both transforms. `code` stands for the uploaded package."""
    values = {**parameters, **pseudo_parameters(stack_name)}
    template = expand_language_extensions(source(), values, enabled=True).expanded_template
    template["Resources"][FUNCTION]["Properties"]["CodeUri"] = code
    session = Session(region_name=REGION)
    translated = Translator({}, Parser(), boto_session=session).translate(template, dict(parameters))
    return _mended(translated, set(translated["Resources"]))


def made(expanded, section="Resources"):
    """The entries of a section whose condition holds, by logical ID."""
    entries, conditions = expanded[section].items(), expanded["Conditions"]
    return {k: e for k, e in entries if "Condition" not in e or holds(conditions, e["Condition"])}


def outcome(expanded):
    """What a deployment creates, without conditions, mappings and parameters: all of them are resolved."""
    outcome = {key: value for key, value in expanded.items() if key not in ("Conditions", "Mappings", "Metadata", "Parameters")}
    for section in ("Resources", "Outputs"):
        entries = made(expanded, section).items()
        outcome[section] = {k: {name: v for name, v in e.items() if name != "Condition"} for k, e in entries}
    return outcome


def parameters_for(template, variables):
    """Returns the parameters that set these environment variables, as read from the template."""
    environment = template["Resources"][FUNCTION]["Properties"]["Environment"]["Variables"]
    parameters = {}
    for name, value in variables.items():
        # !If [condition, !Ref parameter, '']
        source = environment[name].get("Fn::If", [None, environment[name]])[1]
        if "Ref" in source:
            parameters[source["Ref"]] = value
    return parameters


def holds(conditions, condition):
    """Evaluates a condition, by name or in full."""
    if isinstance(condition, str):
        return holds(conditions, conditions[condition])
    ((function, values),) = condition.items()
    if function == "Condition":
        return holds(conditions, values)
    if function == "Fn::Equals":
        return str(values[0]) == str(values[1])
    results = [holds(conditions, value) for value in values]
    return {"Fn::Not": not results[0], "Fn::And": all(results), "Fn::Or": any(results)}[function]


def code_table():
    """Returns the receiver's event types and their queue slugs."""
    return {name: slug for types in code_sources().values() for name, slug in types.items()}


def code_sources():
    """Returns the receiver's sources, with their event types and queue slugs."""
    text = (ROOT / "crates/events/src/event_type.rs").read_text()
    table = text[text.index("$callback! {") : text.index("pub(crate) use event_types")]
    # Variant => Source, "wire name", "queue slug",
    rows = re.findall(r'\w+ => (\w+),\s*"([^"]+)",\s*"([^"]+)",', table)
    if len(rows) != table.count("=>") or not rows:
        expected = 'expected rows like Variant => Source, "wire name", "queue slug"'
        raise SystemExit(f"the table in crates/events/src/event_type.rs is unreadable: {expected}")
    sources = {}
    for variant, name, slug in rows:
        # VerifyV1 becomes verify_v1.
        source = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", variant).lower()
        sources.setdefault(source, {})[name] = slug
    return sources


def code_variables():
    """Returns the names of the receiver's settings."""
    text = (ROOT / "src/config/settings.rs").read_text()
    return set(re.findall(r'pub\(crate\) const \w+: &str = "(PRELUDE_\w+)";', text))


def code_metrics():
    """Returns the receiver's metrics with their units."""
    text = (ROOT / "src/metrics/table.rs").read_text()
    # field: type = "Name", "Unit",
    rows = re.findall(r'^    \w+: \w+ = "(\w+)", "(\w+)",$', text, flags=re.MULTILINE)
    if not rows:
        raise SystemExit('the table in src/metrics/table.rs is unreadable: expected rows like field: type = "Name", "Unit",')
    return dict(rows)


def _mended(value, resources):
    """Undoes two changes that SAM makes and CloudFormation does not.

    SAM's local expansion drops the Fn::Sub around values that only a deployment can resolve. Its translator writes
    "Resource.Attribute" for Fn::GetAtt, which moto cannot read.
    """
    if isinstance(value, list):
        return [_mended(item, resources) for item in value]
    if isinstance(value, str):
        is_sub = any(name.split(".")[0] in resources for name in re.findall(r"\$\{([\w.]+)\}", value))
        return {"Fn::Sub": value} if is_sub else value
    if not isinstance(value, dict):
        return value
    if "Fn::Sub" in value:
        return value
    if isinstance(value.get("Fn::GetAtt"), str):
        return {"Fn::GetAtt": value["Fn::GetAtt"].split(".", 1)}
    return {key: _mended(item, resources) for key, item in value.items()}


if __name__ == "__main__":
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    expanded = expand({**defaults(source()), **given}, "prelude-webhooks", "s3://bucket/code.zip")
    print(json.dumps(outcome(expanded), indent=2))
