"""Makes each alarm fire, with lines of the real binary and figures of queues, by the alarm's own expression.

The clock is made up: a condition is produced once, and counts again when Prelude would retry.
"""

import ast
import json
from collections import defaultdict

from template import made

MINUTE = 60
# Prelude retries after 1, 2, 4, 8 minutes and so on. Minutes of the first tries.
TRIES = [0, 1, 3, 7, 15, 31]
PERIOD = 300


class Figures:
    """Data points by namespace, name and dimensions."""

    def __init__(self):
        self.points = defaultdict(list)

    def add(self, namespace, name, dimensions, time, value):
        self.points[namespace, name, tuple(sorted(dimensions.items()))].append((time, value))

    def add_line(self, line, time):
        """Adds the metrics of a line in the embedded metric format, as CloudWatch would."""
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: line[name] for name in names}
                for metric in directive["Metrics"]:
                    self.add(directive["Namespace"], metric["Name"], dimensions, time, line[metric["Name"]])

    def statistic(self, metric, statistic, start, period):
        """The figure of one period; None without data."""
        dimensions = tuple(sorted((d["Name"], d["Value"]) for d in metric.get("Dimensions", [])))
        points = self.points.get((metric["Namespace"], metric["MetricName"], dimensions), [])
        values = [value for time, value in points if start <= time < start + period]
        return {"Sum": sum, "Maximum": max}[statistic](values) if values else None


def state(alarm, figures, now):
    """The alarm's state at a time: ALARM if enough of the last periods breach."""
    period = alarm.get("Period") or next(m["MetricStat"]["Period"] for m in alarm["Metrics"] if "MetricStat" in m)
    last = now // period * period
    starts = [last - index * period for index in range(alarm["EvaluationPeriods"])]
    values = [figure(alarm, figures, start, period) for start in starts]
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold", alarm
    assert alarm["TreatMissingData"] == "notBreaching", alarm
    breaching = sum(value is not None and value >= alarm["Threshold"] for value in values)
    return "ALARM" if breaching >= alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]) else "OK"


def figure(alarm, figures, start, period):
    if "Metrics" not in alarm:
        return figures.statistic(alarm, alarm["Statistic"], start, period)
    values, expression = {}, None
    for entry in alarm["Metrics"]:
        if "MetricStat" in entry:
            stat = entry["MetricStat"]
            assert stat["Period"] == period and entry["ReturnData"] is False, entry
            values[entry["Id"]] = figures.statistic(stat["Metric"], stat["Stat"], start, period)
        else:
            assert expression is None and entry.get("ReturnData", True), alarm
            expression = entry["Expression"]
    return evaluate(ast.parse(expression, mode="eval").body, values)


def evaluate(node, values):
    """The part of CloudWatch's metric math that the alarms use. Its syntax is also Python's. None is missing data."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.Call(func=ast.Name(id="FILL"), args=[series, ast.Constant(value=default)]):
            value = evaluate(series, values)
            return default if value is None else value
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            chosen = evaluate(condition, values)
            return None if chosen is None else evaluate(yes if chosen else no, values)
        case ast.Call(func=ast.Name(id="MAX"), args=[ast.List(elts=elements)]):
            found = [value for value in (evaluate(element, values) for element in elements) if value is not None]
            return max(found, default=None)
        case ast.BinOp(left=left, op=operator, right=right) | ast.Compare(left=left, ops=[operator], comparators=[right]):
            one, other = evaluate(left, values), evaluate(right, values)
            return None if one is None or other is None else OPERATORS[type(operator)](one, other)
    raise SystemExit(f"{ast.unparse(node)} is not in .ci/deployment/alarms.py: add it as CloudWatch documents it")


OPERATORS = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.Div: lambda one, other: one / other if other else None,
    ast.Gt: lambda one, other: one > other,
    ast.GtE: lambda one, other: one >= other,
}


def emf(lines):
    """The lines of metrics in a log."""
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if "_aws" in line]


def check_alarms(checks, stack, conditions):
    """Checks that each alarm fires under its condition, and under no other alarm's alone unless that is listed.

    `conditions` maps a logical ID without its event type to what happened: lines of the binary, and further data points.
    """
    alarms = {key: stack.resolve(r["Properties"]) for key, r in made(stack.template).items() if is_alarm(r)}
    fired = set()
    quiet = Figures()
    for line in conditions["healthy"].lines:
        for minute in TRIES:
            quiet.add_line(line, minute * MINUTE)
    for key, alarm in alarms.items():
        checks.that(f"{key} is quiet while all is well", state(alarm, quiet, TRIES[-1] * MINUTE) == "OK", alarm)
    for what, condition in conditions.items():
        if what == "healthy":
            continue
        figures, once = Figures(), Figures()
        for minute in TRIES:
            for target in [figures] if minute else [figures, once]:
                for line in condition.lines:
                    target.add_line(line, minute * MINUTE)
                for namespace, name, dimensions, value in condition.points:
                    target.add(namespace, name, dimensions, minute * MINUTE, value)
        # The twelve periods before the last try's end.
        now = TRIES[-1] * MINUTE
        on = {key for key, alarm in alarms.items() if state(alarm, figures, now) == "ALARM"}
        checks.same(f"{what}: the alarms that are on", on, condition.alarms)
        if not condition.is_lasting:
            late = {key for key in on if state(alarms[key], once, now) == "ALARM"}
            checks.that(f"{what} once: no alarm", not late, late)
        fired |= on
        source = "real" if not condition.supplied else f"supplied: {', '.join(condition.supplied)}"
        checks.note(f"{what}: {', '.join(sorted(on))} ({source})")
    checks.same("every alarm fired", fired, alarms)


def is_alarm(resource):
    return resource["Type"] == "AWS::CloudWatch::Alarm"


class Condition:
    def __init__(self, alarms, lines=(), points=(), supplied=(), is_lasting=False):
        self.alarms = set(alarms)
        self.lines = list(lines)
        self.points = list(points)
        self.supplied = list(supplied)
        # A state of a queue lasts. A single fault must not raise an alarm.
        self.is_lasting = is_lasting
