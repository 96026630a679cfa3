#!/usr/bin/env python3
"""Tests a consumer from end to end: receiver, queues, consumer, DynamoDB. Knows nothing of its language.

Runs the consumer as Lambda does, under a stub of the Runtime API. Feeds it with events that `prelude trigger` signs and
the receiver queues, and with broken messages. Kills it at each call to DynamoDB, which moto stands in for.

    python .ci/consumers/test.py --moto http://127.0.0.1:5000 --language python --folder examples/consumer-python \\
        -- <a Python with the example's requirements> -m awslambdaric app.handler
"""

import argparse
import os
import sys
import time
import traceback
import uuid
from pathlib import Path

# Keeps the working tree unchanged.
sys.dont_write_bytecode = True

import broken
import crashes
import fifo
import jobs
import messages
import start
import templates
import unsigned
import whole_run
from bench import ROOT, Bench
from dynamodb import DynamoDb
from receiver import Receiver
from results import Checks

MODULES = (start, messages, broken, jobs, unsigned, fifo, crashes, whole_run)
CASES = [case for module in MODULES for case in module.CASES]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moto", default=os.environ.get("PRELUDE_CLI_TEST_MOTO"), help="URL of moto's server")
    parser.add_argument("--tool", type=Path, default=ROOT / "target/debug/prelude", help="the built tool")
    parser.add_argument("--language", required=True, help="name of the consumer in the output")
    parser.add_argument("--folder", type=Path, required=True, help="the function's code, as LAMBDA_TASK_ROOT")
    parser.add_argument(
        "--template", type=Path, help="the function's template (default: that of the language's example)"
    )
    parser.add_argument("--case", help="run only the cases whose title contains this")
    parser.add_argument("command", nargs="+", help="command that starts the consumer's runtime")
    options = parser.parse_args()
    if not options.moto:
        parser.error("the URL of moto's server is missing: expected --moto or PRELUDE_CLI_TEST_MOTO")

    checks, cases = Checks(), [case for case in CASES if not options.case or options.case in case[0]]
    name = f"{options.language}-{uuid.uuid4().hex[:8]}"
    template = options.template or templates.path(options.language)
    command, folder = options.command, options.folder.resolve()
    started = time.monotonic()
    with (
        DynamoDb(options.moto, name) as dynamodb,
        Receiver(options.tool, is_fifo=False) as standard,
        Receiver(options.tool, is_fifo=True) as ordered,
        Bench(checks, command, folder, template, dynamodb, standard, ordered) as bench,
    ):
        checks.section(f"the consumer in {options.language}")
        for title, case in cases:
            run(bench, options.language, title, case)
        for receiver, kind in [(standard, "standard"), (ordered, "FIFO")]:
            checks.that(f"the {kind} queues are empty at the end", not receiver.depths(), receiver.depths())
    checks.note(f"{time.monotonic() - started:.1f} s")
    return checks.result()


def run(bench, language, title, case):
    checks = bench.checks
    count, failed, lines, began = checks.count, len(checks.failures), len(bench.log), time.monotonic()
    try:
        bench.ensure_running()
        case(bench)
    except Exception:
        checks.that(f"{title}: it ran to its end", False, traceback.format_exc())
    # So that a failure names its case and language in the summary as well.
    checks.failures[failed:] = [f"{language}, {title}: {what}" for what in checks.failures[failed:]]
    checks.note(f"{title}: {checks.count - count} checks, {time.monotonic() - began:.1f} s")
    if len(checks.failures) > failed:
        log = bench.log[lines:][-40:]
        print(f"  the log of the consumer in {language}:\n" + "".join(f"  | {line}" for line in log), flush=True)


if __name__ == "__main__":
    sys.exit(main())
