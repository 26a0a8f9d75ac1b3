/**
 * How long the pictures last together that are given to an epoch although they have been seen: less than one picture of most
 * publishers, and enough for the largest backlog, a tick each.
 */
export const pastMs = 10;

/**
 * The time of a unit that was kept, in the epoch that goes on with it: the pictures before time 0, the first of which came at
 * `fromMs`, share the first moment, in their order.
 */
export function squeezed(timeMs: number, fromMs: number): number {
  return timeMs < 0 && fromMs < 0 ? Math.max(0, 1 - timeMs / fromMs) * pastMs : timeMs;
}
