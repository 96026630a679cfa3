"""Runs the examples of README.md, each as a program of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import unittest
from importlib.util import find_spec
from pathlib import Path

README = Path(os.environ.get("PRELUDE_README", Path(__file__).parents[1] / "README.md"))


EXTRA = "from prelude_events.powertools import"


def examples() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def run(example: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True)


class Readme(unittest.TestCase):
    def test_every_example_runs(self) -> None:
        """Those with the extra run in `consumer/test_readme.py`."""
        plain = [example for example in examples() if EXTRA not in example]
        self.assertEqual((len(plain), len(examples())), (3, 4))
        for example in plain:
            result = run(example)
            self.assertEqual(result.returncode, 0, result.stderr)

    @unittest.skipIf(find_spec("aws_lambda_powertools"), "the extra is installed")
    def test_an_example_without_its_extra_names_it(self) -> None:
        (example,) = (example for example in examples() if EXTRA in example)
        self.assertIn("pip install 'prelude-events[powertools]'", run(example).stderr)


if __name__ == "__main__":
    # Writes the examples for type checkers.
    for number, example in enumerate(examples()):
        Path(sys.argv[1], f"readme_{number}.py").write_text(example, encoding="utf-8")
