from __future__ import annotations

import subprocess
import sys
import unittest


def run(program: str) -> str:
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return result.stdout + (result.stderr.splitlines() or [""])[-1]


class Imports(unittest.TestCase):
    def test_the_package_itself_loads_nothing_else(self) -> None:
        program = "import sys, prelude_events; print([name for name in ('aws_lambda_powertools', 'boto3') if name in sys.modules])"
        self.assertEqual(run(program).strip(), "[]")

    def test_a_missing_dependency_names_the_extra(self) -> None:
        for name in ("aws_lambda_powertools", "boto3"):
            found = run(f"import sys; sys.modules['{name}'] = None; import prelude_events.powertools")
            self.assertRegex(found, rf"^ImportError: module {name}\S* is missing: .*pip install 'prelude-events\[powertools\]'$")

    def test_a_version_that_ignores_the_prefix_is_refused(self) -> None:
        program = (
            "import aws_lambda_powertools.utilities.idempotency as module\n"
            "def idempotent_function(function=None, *, data_keyword_argument, persistence_store, config=None, **kwargs): ...\n"
            "module.idempotent_function = idempotent_function\n"
            "import prelude_events.powertools"
        )
        self.assertEqual(run(program), "ImportError: aws-lambda-powertools is too old: expected 3.5 or newer")


if __name__ == "__main__":
    unittest.main()
