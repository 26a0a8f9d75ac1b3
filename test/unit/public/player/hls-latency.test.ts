import { describe, expect, it } from 'vitest';
import {
  afterCalm,
  afterStall,
  hlsSettings,
  holdBackMs,
  nextLatencyStep,
  targetLatencyMs,
} from '#public/player/hls-latency.ts';

const reading = { latencyMs: 600, targetMs: 600, bufferMs: 450, partMs: 200 };

describe('nextLatencyStep', () => {
  it('plays at normal speed near the target', () => {
    expect(nextLatencyStep(reading)).toEqual({ rate: 1, skipMs: 0 });
    expect(nextLatencyStep({ ...reading, latencyMs: 625 }).rate).toBe(1);
    expect(nextLatencyStep({ ...reading, latencyMs: 530 }).rate).toBe(1);
  });

  it('catches up in proportion, at most a quarter faster', () => {
    expect(nextLatencyStep({ ...reading, latencyMs: 800 }).rate).toBeCloseTo(1.12, 5);
    expect(nextLatencyStep({ ...reading, latencyMs: 3_000 }).rate).toBe(1.25);
  });

  it('never speeds up on a thin buffer, and slows down before it runs dry', () => {
    expect(nextLatencyStep({ ...reading, latencyMs: 900, bufferMs: 190 }).rate).toBe(1);
    expect(nextLatencyStep({ ...reading, latencyMs: 900, bufferMs: 100 }).rate).toBe(0.9);
  });

  it('falls back gently when it is too close', () => {
    expect(nextLatencyStep({ ...reading, latencyMs: 500 }).rate).toBe(0.95);
  });

  it('jumps when it is seconds behind, but only within what is buffered', () => {
    expect(nextLatencyStep({ ...reading, latencyMs: 5_000, bufferMs: 4_400 })).toEqual({
      rate: 1,
      skipMs: 4_200,
    });
    expect(nextLatencyStep({ ...reading, latencyMs: 20_000, bufferMs: 5_000 })).toEqual({
      rate: 1,
      skipMs: 4_800,
    });
    expect(nextLatencyStep({ ...reading, latencyMs: 5_000, bufferMs: 600 })).toEqual({
      rate: 1.25,
      skipMs: 0,
    });
  });

  it('brings a simulated player to its target and keeps it there', () => {
    let latencyMs = 2_400;
    let bufferMs = 2_250;
    for (let tick = 0; tick < 400; tick++) {
      const { rate, skipMs } = nextLatencyStep({ ...reading, latencyMs, bufferMs });
      const gainedMs = (rate - 1) * 100 + skipMs;
      latencyMs -= gainedMs;
      bufferMs -= gainedMs;
    }
    expect(Math.abs(latencyMs - 600)).toBeLessThan(60);
    expect(bufferMs).toBeGreaterThan(300);
  });
});

describe('the target', () => {
  const target = { holdBackMs: 600, partMs: 200, extraMs: 0 };

  it('moves one part away at each stall, within bounds, and comes back in calm', () => {
    const stalled = afterStall(afterStall(target));
    expect(targetLatencyMs(stalled)).toBe(1_000);
    let worst = target as ReturnType<typeof afterStall>;
    for (let count = 0; count < 100; count++) worst = afterStall(worst);
    expect(targetLatencyMs(worst)).toBe(3_600);
    expect(targetLatencyMs(afterCalm(stalled))).toBe(800);
    let calm = stalled;
    for (let count = 0; count < 5; count++) calm = afterCalm(calm);
    expect(targetLatencyMs(calm)).toBe(600);
  });

  it('moves by at least 150 ms with tiny parts or none', () => {
    expect(afterStall({ ...target, partMs: 0 }).extraMs).toBe(150);
  });

  it('leaves the playing rate of hls.js alone', () => {
    expect(hlsSettings(0.6)).toMatchObject({
      lowLatencyMode: true,
      liveSyncDuration: 0.6,
      liveSyncOnStallIncrease: 0.05,
      maxLiveSyncPlaybackRate: 1,
    });
  });
});

describe('holdBackMs', () => {
  const said = { partHoldBack: 0.65, holdBack: 24, targetduration: 8, startTimeOffset: null };

  it('is what the playlist says of its parts, whatever their length', () => {
    expect(holdBackMs(said)).toBeCloseTo(650);
    expect(holdBackMs({ ...said, partHoldBack: 1.55 })).toBeCloseTo(1_550);
  });

  it('is HOLD-BACK where there are no parts, or what that is by default', () => {
    expect(holdBackMs({ ...said, partHoldBack: 0 })).toBe(24_000);
    expect(holdBackMs({ ...said, partHoldBack: 0, holdBack: 0, targetduration: 4 })).toBe(12_000);
  });

  it('is where new players shall begin, when that is further away', () => {
    expect(holdBackMs({ ...said, startTimeOffset: -30 })).toBe(30_000);
    expect(holdBackMs({ ...said, startTimeOffset: -0.1 })).toBeCloseTo(650);
    expect(holdBackMs({ ...said, startTimeOffset: 5 })).toBeCloseTo(650);
  });
});
