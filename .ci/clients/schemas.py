"""Compares the JSON Schemas in clients/schemas with the golden files, by a validator of other authors."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

CLIENTS = Path(__file__).parents[2] / "clients"
FILES = ("samples", "newer", "swaps", "absent", "broken", "envelopes")


def main() -> int:
    profiles = {profile: validators(profile) for profile in ("validation", "codegen")}
    counts = {"valid": 0, "invalid": 0, "documented": 0}
    faults: list[str] = []
    for name in FILES:
        for case in json.loads((CLIENTS / "golden" / f"{name}.json").read_text(encoding="utf-8")):
            event_type = case.get("event", case.get("error")).get("type") or case.get("error", {}).get("event_type")
            if event_type not in profiles["validation"] or case.get("body") is None or is_beyond_schemas(case["body"]):
                continue
            body = json.loads(case["body"])
            validator = profiles["validation"][event_type]
            # No schema describes the other spellings of an envelope.
            if body.get("type") != event_type or ("payload" in body) != ("payload" in validator.schema["properties"]):
                continue
            valid = validator.is_valid(body)
            if valid != ("event" in case):
                faults.append(f"validation: {case['name']}: {valid}")
            counts["valid" if valid else "invalid"] += 1
            if name in ("samples", "newer"):
                faults += [
                    f"codegen: {case['name']}: {list(error.path)}"
                    for error in profiles["codegen"][event_type].iter_errors(body)
                ]
                counts["documented"] += 1
    attributes = Draft202012Validator(schema(CLIENTS / "schemas" / "message-attributes.json"))
    for case in json.loads((CLIENTS / "golden" / "parked.json").read_text(encoding="utf-8")):
        # A schema cannot check that an encoding fits its body.
        errors = attributes.iter_errors(case["attributes"] | {"authentication": "signature"})
        faults += [f"attributes: {case['name']}" for error in errors if list(error.path) != ["encoding"]]
    print(*faults, sep="\n")
    print(counts)
    if len(profiles["validation"]) != len(profiles["codegen"]) or min(counts.values()) < 50:
        print("too few cases or schemas")
        return 1
    return 1 if faults else 0


def validators(profile: str) -> dict[str, Draft202012Validator]:
    files = (CLIENTS / "schemas" / profile).glob("*.json")
    return {path.stem: Draft202012Validator(schema(path)) for path in files}


def schema(path: Path) -> Any:
    found = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    return found


def is_beyond_schemas(body: str) -> bool:
    """Repeated members and halves of surrogate pairs, which no schema can see."""
    repeated = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        repeated = repeated or len(dict(pairs)) != len(pairs)
        return dict(pairs)

    json.loads(body, object_pairs_hook=members)
    return repeated or "\\ud800" in body


if __name__ == "__main__":
    sys.exit(main())
