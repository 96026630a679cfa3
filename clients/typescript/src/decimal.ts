import { parts } from "./json.js";

/**
 * A decimal number: its digits as Prelude sent them, e.g. `0.0090` or `1e-3`.
 *
 * A JavaScript number would round it. `units` gives exact whole numbers, which can be added up.
 */
export type Decimal = string;

const MAX_UNITS = 2n ** 127n;
const MAX_SHIFT = 38;

/**
 * The number times 10^`decimals`, e.g. cents for 2 and micros for 6.
 *
 * The result is `undefined` if it is not whole, if it has more than 127 bits, or if the text is not a decimal number.
 */
export function units(decimal: Decimal, decimals: number): bigint | undefined {
  const found = parts(decimal);
  if (found === undefined) return undefined;
  let first = 0;
  while (found.digits[first] === "0") first += 1;
  const digits = found.digits.slice(first);
  if (digits === "") return 0n;
  const shift = Number(found.exponent || "0") - found.scale + decimals;
  // Limits the work that a hostile number costs.
  if (digits.length > MAX_SHIFT + 1 || !(Math.abs(shift) <= MAX_SHIFT)) return undefined;
  const factor = 10n ** BigInt(Math.abs(shift));
  const value = BigInt(digits);
  if (shift < 0 && value % factor !== 0n) return undefined;
  const result = shift < 0 ? value / factor : value * factor;
  if (value >= MAX_UNITS || result >= MAX_UNITS) return undefined;
  return found.negative ? -result : result;
}

/** Tells whether a text is a decimal number. */
export function isDecimal(text: string): boolean {
  return parts(text) !== undefined;
}
