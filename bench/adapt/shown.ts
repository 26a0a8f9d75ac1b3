import type { ShownFrame } from '#test/kit/layer-watch-types.ts';

/** Longest time without a new frame from `fromMs` to `toMs`, its open ends included. */
export function longestGapMs(frames: readonly ShownFrame[], fromMs: number, toMs: number): number {
  const times = frames.map(({ atMs }) => atMs).filter((atMs) => atMs >= fromMs && atMs <= toMs);
  let longest = 0;
  let lastMs = fromMs;
  for (const atMs of [...times, toMs]) {
    longest = Math.max(longest, atMs - lastMs);
    lastMs = atMs;
  }
  return longest;
}

/** Frames shown a second. */
export function frameRateHz(frames: readonly ShownFrame[], fromMs: number, toMs: number): number {
  const shown = frames.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).length;
  return (shown * 1000) / (toMs - fromMs);
}

/** The width that most frames had; 0 without frames. */
export function usualWidth(frames: readonly ShownFrame[]): number {
  const counts = new Map<number, number>();
  for (const { width } of frames) counts.set(width, (counts.get(width) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}
