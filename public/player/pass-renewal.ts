/** Never more often, whatever the clocks say. */
const leastMs = 10_000;
/** The longest that a timer takes. */
const mostMs = 2 ** 31 - 1;

/**
 * How long until a pass that is good for another `remainingMs` is renewed: half of that or somewhat more, because viewers who
 * came in the same minute have passes with the same end and shall not all come back at once. `random` is a number from 0 to 1.
 */
export function passRenewalMs(remainingMs: number, random: number): number {
  const share = 0.5 + 0.3 * random;
  return Math.min(mostMs, Math.max(leastMs, Math.round(remainingMs * share)));
}
