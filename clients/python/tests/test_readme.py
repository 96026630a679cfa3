"""Runs the examples of README.md, each as a program of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

README = Path(os.environ.get("PRELUDE_README", Path(__file__).parents[1] / "README.md"))


def examples() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


class Readme(unittest.TestCase):
    def test_every_example_runs(self) -> None:
        self.assertEqual(len(examples()), 3)
        for example in examples():
            with tempfile.TemporaryDirectory() as folder:
                result = subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    # Writes the examples for type checkers.
    for number, example in enumerate(examples()):
        Path(sys.argv[1], f"readme_{number}.py").write_text(example, encoding="utf-8")
