/**
 * Wall minus monotonic clock of this page, in milliseconds. Date.now() is floored to a millisecond, so the largest
 * difference seen over some ticks is the true offset to within the time of one loop turn; every page of the machine
 * arrives at the same wall clock, which performance.timeOrigin does not promise.
 */
function measureOffsetMs(): number {
  let largest = -Infinity;
  const end = performance.now() + 12;
  while (performance.now() < end) largest = Math.max(largest, Date.now() - performance.now());
  return largest;
}

const offsetMs = measureOffsetMs();

/** Milliseconds since 1970 with a fraction, equal in all pages of one machine. */
export function wallNowMs(): number {
  return wallAtMs(performance.now());
}

/** The same for an instant that this page's monotonic clock showed. */
export function wallAtMs(monotonicMs: number): number {
  return monotonicMs + offsetMs;
}
