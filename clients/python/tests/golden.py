"""Reads the golden files, which all clients share."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("PRELUDE_GOLDEN", Path(__file__).parents[2] / "golden"))

PARSED = ["samples", "newer", "swaps", "absent", "broken", "envelopes"]


def cases(name: str) -> list[dict[str, Any]]:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text, parse_float=Decimal)
    assert found
    return found


def lambda_spelling(attributes: dict[str, str]) -> dict[str, Any]:
    return {
        name: {"stringValue": value, "stringListValues": [], "binaryListValues": [], "dataType": "String"}
        for name, value in attributes.items()
    }


def sdk_spelling(attributes: dict[str, str]) -> dict[str, Any]:
    return {name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()}


def both_spellings(attributes: dict[str, str]) -> Iterator[dict[str, Any]]:
    yield lambda_spelling(attributes)
    yield sdk_spelling(attributes)
