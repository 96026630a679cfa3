from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    consumer_name: str
    """Begins each id in the idempotency table."""
    idempotency_table: str
    data_table: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Reports every missing variable at once."""
        names = ("CONSUMER_NAME", "IDEMPOTENCY_TABLE", "DATA_TABLE")
        values = [environment.get(name, "").strip() for name in names]
        missing = [name for name, value in zip(names, values) if not value]
        if missing:
            raise ValueError(f"environment variables are missing: expected {', '.join(missing)}")
        return cls(*values)
