"""What alarms, dashboard and saved queries read exists: own metrics in the code, AWS's in a list, fields in the log."""

import json
import re

import monitoring
import template
from monitoring import OF_STACK, OWN, metrics_of
from template import made

ALARM, DASHBOARD, FILTER = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Logs::MetricFilter"
QUERY = "AWS::Logs::QueryDefinition"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
# Words of the query language, and fields that Lambda and CloudWatch Logs add to a line.
QUERY_WORDS = set("fields filter stats sort limit by as and or asc desc ispresent count max requests last".split())
OTHER_FIELDS = {"@timestamp", "@message", "record.requestId"}


def check_watched(checks, source):
    checks.section("metrics, alarms, dashboard and saved queries")
    default = template.defaults(source)
    expand = lambda **parameters: resources_of({**default, **parameters})
    everything = expand(CreateDashboard="true", AlarmTopicArn=TOPIC, ExtraSlugs="profiles,sessions")
    check_metrics(checks, everything)
    check_units(checks, everything)
    check_descriptions(checks, everything)
    check_actions(checks, everything, expand())
    check_filter(checks, source, everything)
    check_conditions(checks, expand)
    for queue_type in ("standard", "fifo"):
        check_queue_alarms(checks, source, expand, queue_type)
    check_queries(checks, everything)
    for name, write in monitoring.WRITTEN.items():
        text = (template.ROOT / name).read_text()
        checks.that(f"{name} is as .ci/deployment/monitoring.py writes it", write(text) == text, "run it")


def check_emitted(checks, stack, lines):
    """Compares the metrics of real lines with the code's table, and the dimension with the alarms'."""
    emitted = {(m["Name"], m["Unit"]) for line in lines for d in line["_aws"]["CloudWatchMetrics"] for m in d["Metrics"]}
    checks.same("the binary emits the metrics of its table", emitted, template.code_metrics().items())
    found = {
        (d["Namespace"], name, line[name])
        for line in lines
        for d in line["_aws"]["CloudWatchMetrics"]
        for names in d["Dimensions"]
        for name in names
    }
    expected = {(OWN, "FunctionName", stack.physical_id(template.FUNCTION))}
    checks.same("the dimension of the binary's metrics is the alarms' and the dashboard's", found, expected)
    watched = {
        (OWN, d["Name"], d["Value"])
        for alarm in stack.of_type(ALARM).values()
        for metric in metrics_of(alarm)
        if metric["Namespace"] == OWN
        for d in metric["Dimensions"]
    }
    checks.same("the alarms' dimension of own metrics is the binary's", watched, expected)


def resources_of(parameters):
    return made(template.expand(parameters, "watched", "s3://bucket/code.zip"))


def of_type(resources, kind):
    return {key: resource["Properties"] for key, resource in resources.items() if resource["Type"] == kind}


def widgets(resources):
    (shown,) = of_type(resources, DASHBOARD).values()
    return [entry["properties"] for entry in json.loads(text_of(shown["DashboardBody"]))["widgets"] if entry["type"] == "metric"]


def text_of(value):
    value = value["Fn::Sub"] if isinstance(value, dict) else value
    return value[0] if isinstance(value, list) else value


def series(widget):
    """The metrics of a widget in full: namespace, name and the dimension's name."""
    previous = []
    for entry in widget["metrics"]:
        previous = [*previous[:-1], *entry[1:]] if entry[0] == "..." else entry
        yield previous[0], previous[1], previous[2] if len(previous) > 2 else None


def check_metrics(checks, resources):
    on_dashboard = {metric for widget in widgets(resources) for metric in series(widget)}
    in_alarms = {
        (text_of(metric["Namespace"]), metric["MetricName"], (metric.get("Dimensions") or [{"Name": None}])[0]["Name"])
        for alarm in of_type(resources, ALARM).values()
        for metric in metrics_of(alarm)
    }
    own = {(OWN, name, "FunctionName") for name in template.code_metrics()}
    of = lambda metrics, condition: {metric for metric in metrics if condition(metric[0])}
    checks.same("the dashboard shows the code's metrics", of(on_dashboard, OWN.__eq__), own)
    unknown = of(in_alarms, OWN.__eq__) - own
    checks.that("every alarm on an own metric names one of the code's", not unknown, unknown)
    listed = {(m["namespace"], m["name"], m["dimension"]) for m in monitoring.aws_metrics().values()}
    checks.same("AWS's metrics in use are those of aws_metrics.json", of(on_dashboard | in_alarms, is_aws), listed)
    linked = [m for m in monitoring.aws_metrics().values() if not m["page"].startswith("https://docs.aws.amazon.com/")]
    checks.that("each of AWS's metrics has its page", not linked, linked)
    filtered = {
        (text_of(t["MetricNamespace"]), t["MetricName"], None)
        for made in of_type(resources, FILTER).values()
        for t in made["MetricTransformations"]
    }
    checks.same("metrics of filters in use exist", of(on_dashboard | in_alarms, is_filtered), filtered)


def is_aws(namespace):
    return namespace.startswith("AWS/")


def is_filtered(namespace):
    return not is_aws(namespace) and namespace != OWN


def check_units(checks, resources):
    for widget in widgets(resources):
        of_stack = lambda namespace: OF_STACK if is_filtered(namespace) else namespace
        units = {monitoring.unit_of(of_stack(namespace), name) for namespace, name, _ in series(widget)}
        checks.same(f"the axis of “{widget['title']}” has the metrics' unit", [widget["yAxis"]["left"]["label"]], units)
    for key, alarm in of_type(resources, ALARM).items():
        # Sums of counts and maxima of states: no other statistic is meant.
        statistics = {alarm.get("Statistic")} - {None} or {m["MetricStat"]["Stat"] for m in alarm["Metrics"] if "MetricStat" in m}
        is_count = all(m["MetricName"] not in ("Duration",) and "Approximate" not in m["MetricName"] for m in metrics_of(alarm))
        checks.same(f"{key}: statistic", statistics, ["Sum" if is_count else "Maximum"])
        checks.that(f"{key}: at most ten metrics", len(metrics_of(alarm)) <= 10, alarm)


def check_descriptions(checks, resources):
    runbook = (template.ROOT / "docs/operate.md").read_text()
    sections = {anchor(title) for title in re.findall(r"^##+ (.+)$", runbook, flags=re.MULTILINE)}
    names = {properties["Name"].split("/")[1] for properties in of_type(resources, QUERY).values()}
    for key, alarm in of_type(resources, ALARM).items():
        description = alarm["AlarmDescription"]
        named = re.search(r"docs/operate\.md#([a-z0-9-]+)$", description)
        checks.that(f"{key}: the description ends with a section of the runbook", named and named[1] in sections, description)
        checks.that(f"{key}: the description has the first step", ". First: " in description, description)
        checks.that(f"{key}: the description fits", len(description) <= 1024, len(description))
        query = re.search(r"saved query (\w+)", description)
        checks.that(f"{key}: the saved query exists", not query or query[1] in names, description)


def anchor(title):
    """GitHub's anchor of a title."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def check_actions(checks, notified, silent):
    for key, alarm in of_type(notified, ALARM).items():
        actions = [alarm.get("AlarmActions"), alarm.get("OKActions")]
        checks.that(f"{key} notifies the topic", actions == [[TOPIC], [TOPIC]], alarm)
    for key, alarm in of_type(silent, ALARM).items():
        checks.that(f"{key} notifies nobody without a topic", not {"AlarmActions", "OKActions"} & set(alarm), alarm)


def check_filter(checks, source, resources):
    logged = json.loads(source["Resources"]["Api"]["Properties"]["AccessLogSettings"]["Format"])
    for key, properties in of_type(resources, FILTER).items():
        field = re.fullmatch(r'\{ \$\.(\w+) = "\w+" \}', properties["FilterPattern"])
        checks.that(f"{key} reads a field of the access log", field and field[1] in logged, properties)
        checks.that(f"{key} reads the access log", properties["LogGroupName"] == {"Ref": "AccessLog"}, properties)


def check_conditions(checks, expand):
    without_metrics = of_type(expand(Metrics="off"), ALARM).items()
    own = [key for key, alarm in without_metrics for metric in metrics_of(alarm) if metric["Namespace"] == OWN]
    checks.that("Metrics=off leaves no alarm on own metrics", not own, own)
    off = expand(CreateAlarms="false", Metrics="off", AlarmTopicArn=TOPIC)
    left = {key for kind in (ALARM, FILTER, DASHBOARD) for key in of_type(off, kind)}
    checks.that("nothing is left of alarms that are off", not left, left)


def check_queue_alarms(checks, source, expand, queue_type):
    sources = template.code_sources()
    for families, chosen in [
        ("verify_v1,verify,notify,session", "verify_v1,verify,notify,session"),
        ("verify_v1,session", "verify,session"),
        ("verify_v1,verify,notify,session", "verify_v1"),
        ("notify,verify", "none"),
        ("verify", "verify_v1,verify,notify,session"),
    ]:
        resources = expand(Families=families, QueueAlarms=chosen, QueueType=queue_type)
        both = set(families.split(",")) & set(chosen.split(","))
        slugs = [slug for family in both for slug in sources[family].values()]
        suffix = ".fifo" if queue_type == "fifo" else ""
        queue = lambda slug: f"{source['Parameters']['QueuePrefix']['Default']}{slug}{suffix}"
        expected = {("ApproximateAgeOfOldestMessage", queue(slug)) for slug in [*slugs, "unrouted"]}
        expected |= {("ApproximateNumberOfMessagesVisible", queue(f"{slug}-dlq")) for slug in slugs}
        expected |= {("ApproximateNumberOfMessagesVisible", queue("unrouted"))}
        names = {key: properties["QueueName"] for key, properties in of_type(resources, "AWS::SQS::Queue").items()}
        found = {
            (alarm["MetricName"], names[value["Fn::GetAtt"][0]] if isinstance(value, dict) else value)
            for alarm in of_type(resources, ALARM).values()
            if alarm.get("Namespace") == "AWS/SQS"
            for value in [alarm["Dimensions"][0]["Value"]]
        }
        checks.same(f"{queue_type}, Families={families}, QueueAlarms={chosen}: alarms on queues", found, expected)
        checks.that("each of these queues exists", {name for _, name in found} <= set(names.values()), found)


def check_queries(checks, resources):
    """Compares the fields of saved queries with the page about logs."""
    documented = set(re.findall(r"`(\w+)`", (template.ROOT / "docs/logs.md").read_text())) | {"level"}
    for key, properties in of_type(resources, QUERY).items():
        code = re.sub(r"^#.*$", "", properties["QueryString"], flags=re.MULTILINE)
        values = set(re.findall(r'"(\w+)"', code)) - {"REQUEST_ID"}
        checks.that(f"{key}: its values are documented", values <= documented, values - documented)
        words = set(re.findall(r"@?[a-z_]+(?:\.\w+)*", re.sub(r'"[^"]*"', "", code)))
        fields = words - QUERY_WORDS - OTHER_FIELDS
        checks.that(f"{key}: its fields are documented", fields and fields <= documented, fields - documented)
