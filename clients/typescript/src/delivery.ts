import { DELIVERY_STAGES } from "./table.js";
import type { DeliveryStatus } from "./types.js";

/**
 * Tells whether a report with `status` moves a message forward that had the status `earlier`.
 *
 * Reports arrive in any order: apply only those that move forward. Of two final statuses, neither follows the other, e.g.
 * `delivered` and `undeliverable`: compare their times. `unknown`, an absent status and the words that this version does
 * not know follow nothing, and every other status follows them.
 */
export function deliveryStatusFollows(
  status: DeliveryStatus | undefined,
  earlier: DeliveryStatus | undefined,
): boolean {
  return stage(status) > stage(earlier);
}

function stage(status: string | undefined): number {
  return (status === undefined ? undefined : DELIVERY_STAGES.get(status)) ?? -1;
}
