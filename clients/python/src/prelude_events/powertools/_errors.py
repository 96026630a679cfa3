from __future__ import annotations

import os
import traceback
from typing import Any, cast


class RecordError(Exception):
    """Fails a record, and tells why.

    The text is logged: keep personal data out of it. The texts of all other errors of a handler are not logged.
    """


class NotStarted(Exception):
    """A record that the invocation has no time for."""


class HandleError(Exception):
    """The handler's error without its text, which may hold personal data."""

    def __init__(self, error: BaseException) -> None:
        self.error = name_of(error)
        self.stack = stack_of(error)
        super().__init__(f"handle raised {self.error}")


def name_of(error: BaseException) -> str:
    """The class of an error, with AWS's code if it has one: `ClientError ThrottlingException`."""
    name = type(error).__name__
    try:
        code = cast(Any, error).response["Error"]["Code"]
    except Exception:
        return name
    return f"{name} {code}" if isinstance(code, str) else name


def stack_of(error: BaseException) -> list[str]:
    """Its innermost calls, as file, line and function. Source lines and values may be personal, or hold secrets."""
    frames = [
        f"{os.path.basename(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return frames[-10:]
