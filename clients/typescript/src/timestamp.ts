/**
 * A point in time, as the text that Prelude sent.
 *
 * The text is kept because conversions lose digits: Prelude sends nanoseconds, and `Date` holds milliseconds. Prelude's
 * times differ in their number of digits and in the notation of the offset. Compare them by `unixNanos`.
 */
export type Timestamp = string;

const TIME =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2}))$/;

/**
 * Nanoseconds since 1970-01-01T00:00:00Z; `undefined` if the text is not an RFC 3339 time.
 *
 * The offset may be `Z`, `+00:00` or, as in Verify V1, `+0000`. A leap second counts as the first second of the next
 * minute.
 */
export function unixNanos(time: Timestamp): bigint | undefined {
  const match = TIME.exec(time);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  let seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
  const [fraction = "", sign, offsetHours, offsetMinutes] = match.slice(7);
  if (sign !== undefined) {
    if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined;
    const offset = Number(offsetHours) * 3_600 + Number(offsetMinutes) * 60;
    seconds -= sign === "+" ? offset : -offset;
  }
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** The time without what is smaller than a millisecond; `undefined` if the text is not an RFC 3339 time. */
export function toDate(time: Timestamp): Date | undefined {
  const nanos = unixNanos(time);
  if (nanos === undefined) return undefined;
  const remainder = ((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return new Date(Number((nanos - remainder) / 1_000_000n));
}

type Six = [number, number, number, number, number, number];

/** Counts years from 1 March, so that leap days come last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const [from, months] = month > 2 ? [year, month - 3] : [year - 1, month + 9];
  const leapDays = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400);
  return from * 365 + leapDays + Math.floor((153 * months + 2) / 5) + day - 1 - 719_468;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
