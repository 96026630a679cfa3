#!/usr/bin/env python3
"""Metrics, the dashboard that shows them, and their price.

As a program, writes the dashboard into template.yaml, and resources and prices into docs/deploy.md:

    python .ci/deployment/monitoring.py
"""

import json
import re
import sys

sys.dont_write_bytecode = True

import template

OWN = "PreludeWebhooks"
# Metrics of the access log's filter. Their namespace names the stack, because a filter has no fixed dimension.
OF_STACK = "PreludeWebhooks/${AWS::StackName}"

# Steps of the path, in order. A step has charts: title, statistic, and the metrics of one namespace. A queue's chart has the
# ending of its queues' names instead.
STEPS = {
    "1. API Gateway": [
        ("Requests", "Sum", "AWS/ApiGateway", ["Count", "4xx", "5xx"]),
        ("Answers 429", "Sum", OF_STACK, ["TooManyRequests"]),
        ("Latency", "p99", "AWS/ApiGateway", ["Latency"]),
    ],
    "2. Function": [
        ("Invocations", "Sum", "AWS/Lambda", ["Invocations", "Errors", "Throttles"]),
        ("Executions at once", "Maximum", "AWS/Lambda", ["ConcurrentExecutions"]),
        ("Duration", "Maximum", "AWS/Lambda", ["Duration"]),
    ],
    "3. Gate, path, signature": [
        (
            "Refusals",
            "Sum",
            OWN,
            ["RefusedAddress", "RefusedPath", "RefusedSignature", "RefusedKeysUnavailable", "RefusedOther"],
        ),
        ("Failed fetches of key sets", "Sum", OWN, ["KeyFetchFailures"]),
        ("Age of the oldest key set", "Maximum", OWN, ["KeySetAge"]),
        ("Verifying", "p99", OWN, ["VerifyDuration"]),
    ],
    "4. Publishing": [
        ("Failures and retries", "Sum", OWN, ["PublishFailures", "SqsRetries"]),
        ("Publishing", "p99", OWN, ["PublishDuration"]),
        ("Whole request", "p99", OWN, ["Duration"]),
        ("Time left at the answer", "Minimum", OWN, ["TimeLeft"]),
    ],
    "5. Results": [
        ("Deliveries and challenges", "Sum", OWN, ["Deliveries", "Challenges"]),
        ("Events", "Sum", OWN, ["EventsAccepted", "EventsParked"]),
    ],
    "6. Queues": [
        ("Sent to event queues", "Sum", "NumberOfMessagesSent", ""),
        ("Oldest message in event queues", "Maximum", "ApproximateAgeOfOldestMessage", ""),
        ("In dead-letter queues", "Maximum", "ApproximateNumberOfMessagesVisible", "-dlq"),
    ],
    "7. Parking queue": [
        ("Parked messages", "Maximum", "AWS/SQS", ["ApproximateNumberOfMessagesVisible"]),
        ("Oldest parked message", "Maximum", "AWS/SQS", ["ApproximateAgeOfOldestMessage"]),
    ],
}

DIMENSIONS = {
    OWN: ["FunctionName", "${Receiver}"],
    OF_STACK: [],
    "AWS/ApiGateway": ["ApiId", "${Api}"],
    "AWS/Lambda": ["FunctionName", "${Receiver}"],
    "AWS/SQS": ["QueueName", "${QueuePrefix}unrouted${Suffix}"],
}

# US dollars a month, US East (N. Virginia), June 2026, without free tiers.
PRICE_OF_ALARM_METRIC = 0.10
PRICE_OF_METRIC = 0.30
PRICE_OF_DASHBOARD = 3.00

# Rows of the table of prices.
SETS = {
    "everything on, with sixteen `ExtraSlugs`": {
        "CreateDashboard": "true",
        "ExtraSlugs": ",".join(f"extra{number}" for number in range(16)),
    },
    "everything on": {"CreateDashboard": "true"},
    "the default": {},
    "the default with `Families=verify`": {"Families": "verify"},
    "`QueueAlarms=none`": {"QueueAlarms": "none"},
    "`Metrics=off`": {"Metrics": "off"},
    "everything off: `Metrics=off`, `CreateAlarms=false`": {"Metrics": "off", "CreateAlarms": "false"},
}


def aws_metrics():
    """Metrics of AWS in use: (namespace, name) to dimension, unit and page."""
    listed = json.loads((template.ROOT / ".ci/deployment/aws_metrics.json").read_text())
    return {(metric["namespace"], metric["name"]): metric for metric in listed}


def unit_of(namespace, name):
    """The unit of a metric; None for an unknown one, which the test reports."""
    if namespace == OWN:
        return template.code_metrics().get(name)
    return "Count" if namespace == OF_STACK else aws_metrics().get((namespace, name), {}).get("unit")


def dashboard():
    """The dashboard's body, with one widget a line."""
    widgets, y = [], 0
    for title, charts in STEPS.items():
        widgets.append(widget("text", 0, y, 24, 1, {"markdown": f"## {title}"}))
        width = 24 // len(charts)
        for place, chart in enumerate(charts):
            widgets.append(widget("metric", place * width, y + 1, width, 6, properties(*chart)))
        y += 7
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in widgets)
    return f'{{"widgets":[\n{lines}\n]}}\n'


def widget(kind, x, y, width, height, shown):
    return {"type": kind, "x": x, "y": y, "width": width, "height": height, "properties": shown}


def properties(title, statistic, namespace, names):
    if isinstance(names, str):
        metric, ending = namespace, names
        namespace, names = "AWS/SQS", [metric]
        queues = [f"${{QueuePrefix}}{slug}{ending}${{Suffix}}" for slug in template.code_table().values()]
        # "..." repeats the previous line's namespace, name and dimension.
        metrics = [[namespace, metric, "QueueName", queues[0]], *(["...", queue] for queue in queues[1:])]
    else:
        metrics = [[namespace, name, *DIMENSIONS[namespace]] for name in names]
    (unit,) = {unit_of(namespace, name) for name in names}
    return {
        "title": title,
        "region": "${AWS::Region}",
        "stat": statistic,
        "period": 300,
        "metrics": metrics,
        "yAxis": {"left": {"label": unit, "showUnits": False, "min": 0}},
        "annotations": {"horizontal": thresholds(namespace, names)},
    }


def thresholds(namespace, names):
    """Lines at the thresholds of the alarms on one of these metrics."""
    source = template.source()
    # The others are lists: the loops.
    resources = [entry for entry in source["Resources"].values() if isinstance(entry, dict)]
    alarms = [r["Properties"] for r in resources if r["Type"] == "AWS::CloudWatch::Alarm"]
    if namespace == "AWS/SQS":
        alarms = [{"Namespace": namespace, **kind} for kind in source["Mappings"]["QueueAlarms"].values()]
    lines = {
        (alarm["MetricName"], alarm["Threshold"])
        for alarm in alarms
        if text_of(alarm.get("Namespace")) == namespace and alarm["MetricName"] in names
    }
    return [{"label": f"alarm on {name}", "value": threshold} for name, threshold in sorted(lines)]


def text_of(value):
    """A text, or the text of !Sub."""
    return value["Fn::Sub"] if isinstance(value, dict) else value


def metrics_of(alarm):
    """The metrics of an alarm: namespace, name and dimensions."""
    stats = [entry["MetricStat"]["Metric"] for entry in alarm.get("Metrics", []) if "MetricStat" in entry]
    return stats or [alarm]


def prices():
    """The table of resources and prices, in Markdown, from the expanded template."""
    source = template.source()
    lines = ["| | resources | alarms | metrics they watch | own metrics | US dollars a month |", "|---|---|---|---|---|---|"]
    for name, parameters in SETS.items():
        expanded = template.expand({**template.defaults(source), **parameters}, "prices", "s3://bucket/code.zip")
        resources = template.made(expanded)
        of_type = lambda kind: [r["Properties"] for r in resources.values() if r["Type"] == kind]
        alarms = of_type("AWS::CloudWatch::Alarm")
        watched = sum(len(metrics_of(alarm)) for alarm in alarms)
        is_emf = parameters.get("Metrics") != "off"
        own = len(template.code_metrics()) * is_emf + len(of_type("AWS::Logs::MetricFilter"))
        dashboards = len(of_type("AWS::CloudWatch::Dashboard"))
        sum_ = watched * PRICE_OF_ALARM_METRIC + own * PRICE_OF_METRIC + dashboards * PRICE_OF_DASHBOARD
        lines.append(f"| {name} | {len(resources)} | {len(alarms)} | {watched} | {own} | {sum_:.2f} |")
    return "\n".join(lines) + "\n"


def written_dashboard(text):
    """template.yaml with the dashboard."""
    body = "".join(f"          {line}\n" for line in dashboard().splitlines())
    pattern = r"(# written by \.ci/deployment/monitoring\.py\n +- \|\n)(?: {10}.*\n)*"
    found, count = re.subn(pattern, lambda match: match[1] + body, text)
    assert count == 1, "template.yaml has no place for the dashboard"
    return found


def written_prices(text):
    """docs/deploy.md with the table."""
    start, end = "<!-- prices: written by .ci/deployment/monitoring.py -->\n", "<!-- end -->\n"
    before, rest = text.split(start)
    return f"{before}{start}{prices()}{end}{rest.split(end, 1)[1]}"


WRITTEN = {"template.yaml": written_dashboard, "docs/deploy.md": written_prices}


if __name__ == "__main__":
    for name, write in WRITTEN.items():
        path = template.ROOT / name
        path.write_text(write(path.read_text()))
