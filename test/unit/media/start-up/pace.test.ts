import { describe, expect, it } from 'vitest';
import { mediaConfig } from '#src/media/config.ts';
import { StartUpPace } from '#src/media/start-up/pace.ts';

const pace = (config: { startUpBps?: number } = {}) =>
  new StartUpPace(mediaConfig.parse(config), 'typescript');

describe('StartUpPace', () => {
  it('takes at least two ticks, and as long as the bandwidth asks', () => {
    expect(pace().durationMs(1, 1_000)).toBe(20);
    expect(pace({ startUpBps: 10_000_000 }).durationMs(100, 1_000_000)).toBe(800);
  });

  it('feeds no faster than the path is known to carry', () => {
    expect(pace({ startUpBps: 10_000_000 }).durationMs(100, 1_000_000, 2_000_000)).toBeCloseTo(4_000);
    expect(pace({ startUpBps: 10_000_000 }).durationMs(100, 1_000_000, 20_000_000)).toBeCloseTo(800);
  });

  it('plans longer when more viewers are on their way', () => {
    const shared = pace({ startUpBps: 1_000_000_000 });
    const alone = shared.durationMs(2_000, 2_400_000);
    shared.active = 10;
    expect(shared.durationMs(2_000, 2_400_000)).toBeCloseTo(10 * alone, 5);
  });

  it('leaves every publication something of a tick, and the next tick is a new one', () => {
    const shared = pace();
    const first = shared.allowance(10);
    shared.spent(first);
    const second = shared.allowance(10);
    shared.spent(second);
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThan(first);
    for (let i = 0; i < 20; i += 1) shared.spent(shared.allowance(10));
    expect(shared.allowance(10)).toBe(0);
    expect(shared.allowance(20)).toBe(first);
  });
});
