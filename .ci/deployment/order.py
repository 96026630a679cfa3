"""The order in which CloudFormation creates resources, derived from the expanded template."""

import re

import template
from stack import QUEUE
from template import FUNCTION, holds


def check_order(checks, source):
    """Checks that new routes and code go live only after their queues, and after the permission to send there."""
    checks.section("resources that the function waits for")
    slots = source["Mappings"]["ExtraSlots"]["Unused"]["Slugs"].count(",")
    for families, extra in [
        (source["Parameters"]["Families"]["Default"], []),
        (source["Parameters"]["Families"]["Default"], ["profiles", "sessions"]),
        ("verify", ["calls"]),
        ("verify_v1,session", [f"extra{number}" for number in range(slots)]),
    ]:
        expanded = expand(source, families, extra)
        reached = waits_for(expanded, FUNCTION)
        queues = {name for name in expanded["Resources"] if is_made(expanded, name, QUEUE)}
        what = f"Families={families}, {len(extra)} extra slug(s)"
        checks.same(f"{what}: the function waits for every queue", reached & queues, queues)
        grants = dict(grants_to_send(expanded))
        checks.same(f"{what}: the function waits for every permission to send", reached & set(grants), grants)
        event_queues = {name for name in queues if name.startswith("Queue")}
        granted = {name for names in grants.values() for name in names}
        checks.same(f"{what}: the function may send to every queue", granted, event_queues)
    try:
        expand(source, "verify", [f"extra{number}" for number in range(slots + 1)])
        is_refused = False
    except template.NotExpandable:
        is_refused = True
    checks.that(f"more than {slots} extra slugs are refused", is_refused)


def expand(source, families, extra):
    parameters = {"Families": families, "ExtraSlugs": ",".join(extra) or "none"}
    return template.expand({**template.defaults(source), **parameters}, "order", "s3://bucket/code.zip")


def waits_for(expanded, start):
    """Returns the logical IDs that a resource reaches through DependsOn, Ref, Fn::GetAtt and Fn::Sub."""
    resources, reached, open_ends = expanded["Resources"], set(), [start]
    while open_ends:
        resource = resources[open_ends.pop()]
        depends_on = resource.get("DependsOn", [])
        found = {depends_on} if isinstance(depends_on, str) else set(depends_on)
        found |= set(references(resource.get("Properties", {})))
        new = {name for name in found if name in resources} - reached
        reached |= new
        open_ends += new
    return reached


def grants_to_send(expanded):
    """Yields the resources whose policy allows the role to send, with the queues in that policy."""
    for name, resource in expanded["Resources"].items():
        properties = resource.get("Properties", {})
        if is_made(expanded, name) and resource["Type"].startswith("AWS::IAM::"):
            policies = [p for p in [*properties.get("Policies", []), properties] if "PolicyDocument" in p]
            statements = [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]
            queues = {r for s in statements if "sqs:SendMessage" in s["Action"] for r in references(s["Resource"])}
            if queues:
                yield name, queues


def references(value):
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for function, argument in value.items():
            if function == "Ref":
                yield argument
            elif function == "Fn::GetAtt":
                yield argument.split(".")[0] if isinstance(argument, str) else argument[0]
            elif function == "Fn::Sub":
                text, variables = argument if isinstance(argument, list) else (argument, {})
                yield from (name.split(".")[0] for name in re.findall(r"\$\{([\w.]+)\}", text))
                yield from references(variables)
            else:
                yield from references(argument)


def is_made(expanded, name, resource_type=None):
    resource = expanded["Resources"][name]
    condition = resource.get("Condition")
    return resource_type in (None, resource["Type"]) and (condition is None or holds(expanded["Conditions"], condition))
