from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2}))"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Timestamp(str):
    """A point in time, as the text that Prelude sent.

    The text is kept because conversions lose digits: Prelude sends nanoseconds, and `datetime` holds microseconds.
    Prelude's times differ in their number of digits and in the notation of the offset. Compare them by `unix_nanos`.
    """

    __slots__ = ()

    def unix_nanos(self) -> int | None:
        """Nanoseconds since 1970-01-01T00:00:00Z; `None` if the text is not an RFC 3339 time.

        A leap second counts as the first second of the next minute.
        """
        match = _TIME.fullmatch(self)
        if match is None:
            return None
        year, month, day, hour, minute, second = map(int, match.groups()[:6])
        fraction, sign, offset_hours, offset_minutes = match.groups()[6:]
        if not (1 <= month <= 12 and 1 <= day <= _days_in_month(year, month)):
            return None
        if hour > 23 or minute > 59 or second > 60:
            return None
        seconds = _days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        if sign is not None:
            if int(offset_hours) > 23 or int(offset_minutes) > 59:
                return None
            offset = int(offset_hours) * 3_600 + int(offset_minutes) * 60
            seconds -= offset if sign == "+" else -offset
        return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))

    def datetime(self) -> datetime | None:
        """The time in UTC without its nanoseconds; `None` if the text is not a time or `datetime` cannot hold it."""
        nanos = self.unix_nanos()
        if nanos is None:
            return None
        try:
            return _EPOCH + timedelta(microseconds=nanos // 1_000)
        except OverflowError:
            return None

    def __repr__(self) -> str:
        # Any other text may be personal.
        if self.unix_nanos() is None:
            return f"<unreadable time of {len(self)} characters>"
        return str.__repr__(self)


def _days_since_epoch(year: int, month: int, day: int) -> int:
    """Counts years from 1 March, so that leap days come last. `date` lacks the year 0, which RFC 3339 has."""
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    leap_days = year // 4 - year // 100 + year // 400
    return year * 365 + leap_days + (153 * month + 2) // 5 + day - 1 - 719_468


def _days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
