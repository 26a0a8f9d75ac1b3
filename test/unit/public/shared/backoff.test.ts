import { describe, expect, it, vi } from 'vitest';
import { parseRetryAfterMs, retryDelayMs, sleep } from '#public/shared/backoff.ts';

describe('retryDelayMs', () => {
  const rules = { firstMs: 1_000, maxMs: 8_000 };

  it('doubles from the first wait up to the most', () => {
    const waits = [0, 1, 2, 3, 4, 50].map((attempt) => retryDelayMs(attempt, 0.5, undefined, rules));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  });

  it('starts from Retry-After and never asks sooner than three quarters of it, even above the most', () => {
    expect(retryDelayMs(0, 0.5, 2_000, rules)).toBe(2_000);
    expect(retryDelayMs(0, 0, 30_000, rules)).toBe(22_500);
    expect(retryDelayMs(5, 0.5, 30_000, rules)).toBe(30_000);
  });

  it('spreads clients by a quarter either way', () => {
    expect(retryDelayMs(0, 0, undefined, rules)).toBe(750);
    expect(retryDelayMs(0, 1, undefined, rules)).toBe(1_250);
  });
});

describe('parseRetryAfterMs', () => {
  it('reads seconds and dates, and refuses nonsense', () => {
    const nowMs = Date.parse('2026-01-01T00:00:00Z');
    expect(parseRetryAfterMs(' 3 ', nowMs)).toBe(3_000);
    expect(parseRetryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', nowMs)).toBe(5_000);
    expect(parseRetryAfterMs('Thu, 01 Jan 2025 00:00:05 GMT', nowMs)).toBe(0);
    expect(parseRetryAfterMs('soon', nowMs)).toBeUndefined();
    expect(parseRetryAfterMs('', nowMs)).toBeUndefined();
    expect(parseRetryAfterMs(null, nowMs)).toBeUndefined();
  });
});

describe('sleep', () => {
  it('ends in time, and at once when called off', async () => {
    vi.useFakeTimers();
    try {
      const abort = new AbortController();
      const whole = sleep(1_000, abort.signal);
      await vi.advanceTimersByTimeAsync(1_000);
      await expect(whole).resolves.toBeUndefined();
      const cut = expect(sleep(60_000, abort.signal)).rejects.toThrow('enough');
      abort.abort(new Error('enough'));
      await cut;
      await expect(sleep(1, abort.signal)).rejects.toThrow('enough');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
