"""Compares instruction counts and sizes with the bounds of benches/bounds.json, or records them there.

    bounds.py skipped                 prints why the instructions cannot be compared here; nothing if they can
    bounds.py check instructions      fails if a benchmark of benches/steps takes 5 % more
    bounds.py check sizes ARCH ZIP    fails if the zip, or the binary in it, is 5 % larger
    bounds.py record ...              writes the figures instead

Instructions depend on the compiler, so they are compared only with the recorded rustc on the recorded host.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BOUNDS = ROOT / "benches" / "bounds.json"
# Has gungraun-runner, unless the PATH has it.
TOOLS = ROOT / ".ci" / "tools" / "bin"
FIXED_RANDOM = ROOT / "benches" / "steps" / "fixed_random.c"
TOLERANCE = 0.05
HINT = "If that is meant, record the bounds in a commit of its own that says why: bash .ci/run --record-bounds"


def main(arguments):
    bounds = json.loads(BOUNDS.read_text())
    match arguments:
        case ["skipped"]:
            print(skipped(bounds["instructions"]), end="")
        case ["check", "instructions"]:
            compare(bounds["instructions"]["counts"], instructions())
        case ["check", "sizes", arch, path]:
            compare(bounds["sizes"].get(arch, {}), sizes(path))
        case ["record", "instructions"]:
            bounds["instructions"] = environment() | {"counts": instructions()}
            record(bounds)
        case ["record", "sizes", arch, path]:
            bounds["sizes"][arch] = sizes(path)
            record(bounds)
        case _:
            sys.exit(__doc__.strip())


def skipped(recorded):
    if not shutil.which("valgrind"):
        return "valgrind is missing, which counts instructions"
    for name, value in environment().items():
        if value != recorded[name]:
            return f"the bounds are for {name} {recorded[name]}, and this is {value}"
    return ""


def environment():
    lines = output("rustc", "-vV").splitlines()
    host = next(line.removeprefix("host: ") for line in lines if line.startswith("host: "))
    return {"rustc": lines[0].removeprefix("rustc "), "host": host}


def instructions():
    """Instructions of each benchmark, by its name."""
    command = [os.environ.get("CARGO", "cargo"), "bench", "--locked", "-p", "prelude-steps", "--features", "instructions"]
    command += ["--bench", "instructions", "--", "--output-format=json"]
    path = os.pathsep.join([str(TOOLS), os.environ["PATH"]])
    with tempfile.TemporaryDirectory() as scratch:
        library = f"{scratch}/fixed_random.so"
        output("cc", "-shared", "-fPIC", "-O2", "-o", library, str(FIXED_RANDOM))
        # gungraun clears the other variables, so that no environment changes a count.
        lines = output(*command, f"--envs=LD_PRELOAD={library}", env=os.environ | {"PATH": path}).splitlines()
    counts = dict(count(json.loads(line)) for line in lines)
    if not counts or 0 in counts.values():
        sys.exit("no instructions were counted: expected the names of functions in the benchmark's binary")
    return counts


def count(summary):
    name = f"{summary['function_name']}/{summary['id'].removeprefix('of_')}"
    [profile] = summary["profiles"]
    return name, profile["data"]["total"]["metrics"]["Ir"]["values"]["new"]


def sizes(path):
    """Bytes of the zip and of the binary in it."""
    with zipfile.ZipFile(path) as archive:
        return {"bootstrap": archive.getinfo("bootstrap").file_size, "zip": Path(path).stat().st_size}


def compare(bounds, figures):
    failed, fewer = [], []
    print(f"{'':24}{'bound':>14}{'now':>14}{'change':>10}")
    for name in sorted(bounds.keys() | figures.keys()):
        bound, figure = bounds.get(name), figures.get(name)
        if bound is None or figure is None:
            failed.append(f"{name} has no {'bound' if bound is None else 'figure'}")
            continue
        change = figure / bound - 1
        print(f"{name:24}{bound:14,}{figure:14,}{change:+10.2%}")
        if change >= TOLERANCE:
            failed.append(f"{name} is {change:.1%} above its bound: expected less than {TOLERANCE:.0%}")
        elif change < -TOLERANCE:
            fewer.append(f"{name} is {-change:.1%} below its bound")
    for line in failed + fewer:
        print(line)
    if failed:
        sys.exit(HINT)
    if fewer:
        print("Record the lower bounds, so that the gain is kept: bash .ci/run --record-bounds")


def record(bounds):
    BOUNDS.write_text(json.dumps(bounds, indent=2) + "\n")
    print(f"recorded in {BOUNDS.relative_to(ROOT)}")


def output(*command, env=None):
    result = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return result.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
