"""Runs README's examples of the extra, and calls their handlers."""

from __future__ import annotations

import importlib.util
import io
import os
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

import stand_ins

# The module of the same name in the folder above.
SPEC = importlib.util.spec_from_file_location("plain_readme", Path(__file__).parents[1] / "test_readme.py")
assert SPEC is not None and SPEC.loader is not None
plain_readme = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(plain_readme)


class Readme(unittest.TestCase):
    def test_every_example_is_a_handler(self) -> None:
        examples = [example for example in plain_readme.examples() if plain_readme.EXTRA in example]
        self.assertEqual(len(examples), 1)
        for example in examples:
            stand_ins.client()
            module = {"__name__": "app"}
            table = stand_ins.table()
            with patch.dict(os.environ, {"IDEMPOTENCY_TABLE": table}):
                exec(compile(example, "app.py", "exec"), module)
            handler: object = module["handler"]
            assert callable(handler)
            records = [stand_ins.message(), stand_ins.message("no JSON", "evt_2"), stand_ins.message()]
            with stand_ins.logged(), redirect_stdout(io.StringIO()) as printed:
                report = handler(stand_ins.batch(*records), stand_ins.context())
            self.assertEqual(stand_ins.failed(report), stand_ins.ids(records[1]))
            self.assertEqual(len(stand_ins.items(table)), 1)
            self.assertEqual(printed.getvalue(), "charge att_1 None\n")
            with stand_ins.logged() as lines:
                unsigned = stand_ins.message(event_id="evt_3", authentication="secret_path")
                self.assertEqual(stand_ins.failed(handler(stand_ins.batch(unsigned), stand_ins.context())), stand_ins.ids(unsigned))
                self.assertEqual(lines()[0]["reason"], "event is not signed")


if __name__ == "__main__":
    unittest.main()
