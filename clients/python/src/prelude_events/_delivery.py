from __future__ import annotations

from ._types import DELIVERY_STAGES, DeliveryStatus


def delivery_status_follows(status: DeliveryStatus | None, earlier: DeliveryStatus | None) -> bool:
    """Tells whether a report with `status` moves a message forward that had the status `earlier`.

    Reports arrive in any order: apply only those that move forward. Of two final statuses, neither follows the other,
    e.g. `delivered` and `undeliverable`: compare their times. `unknown`, an absent status and the words that this version
    does not know follow nothing, and every other status follows them.
    """
    return _stage(status) > _stage(earlier)


def _stage(status: str | None) -> int:
    return -1 if status is None else DELIVERY_STAGES.get(status, -1)
