/** How a client spaces its attempts. */
export interface BackoffRules {
  /** Wait after the first failure. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The spacing that all pages use. */
export const defaultBackoff: BackoffRules = { firstMs: 700, maxMs: 10_000 };

/**
 * How long to wait before attempt `attempt + 1` (attempts count from 0): exponential from what the server asked for in
 * Retry-After, or from `firstMs`, with up to a quarter taken off or put on so that viewers do not come back in step.
 * `random` is a number from 0 to 1.
 */
export function retryDelayMs(
  attempt: number,
  random: number,
  retryAfterMs?: number,
  rules: BackoffRules = defaultBackoff,
): number {
  const base = Math.max(retryAfterMs ?? rules.firstMs, 1);
  const grown = Math.min(base * 2 ** Math.min(attempt, 16), Math.max(rules.maxMs, base));
  return Math.round(grown * (0.75 + random * 0.5));
}

/** Reads Retry-After, seconds or an HTTP date (RFC 9110 section 10.2.3), as milliseconds from now; undefined when absent or nonsense. */
export function parseRetryAfterMs(value: string | null | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** Resolves after `durationMs`; rejects with the signal's reason when it aborts first. */
export function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(abortReason(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    signal.addEventListener('abort', stop, { once: true });
  });
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException('Stopped', 'AbortError');
}
