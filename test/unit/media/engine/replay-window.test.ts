import { describe, expect, it } from 'vitest';
import { ReplayWindow } from '#src/media/engine/replay-window.ts';

describe('ReplayWindow', () => {
  it('agrees with a plain set of what came, over jumps and reordering', () => {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let highest = -1;
    let random = 1;
    for (let step = 0; step < 5_000; step++) {
      random = (random * 48_271) % 0x7fffffff;
      const jump = random % 50 === 0 ? random % 5_000 : (random % 60) - 40;
      const index = Math.max(0, Math.max(0, highest) + jump);
      const expected = index > highest || (index > highest - 2_048 && !seen.has(index));
      expect(window.accepts(index)).toBe(expected);
      if (!expected) continue;
      window.record(index);
      seen.add(index);
      highest = Math.max(highest, index);
      expect(window.highest).toBe(highest);
    }
  });

  it('works at indices beyond 32 bits', () => {
    const window = new ReplayWindow();
    const index = 2 ** 47 + 5;
    window.record(index);
    expect(window.accepts(index)).toBe(false);
    expect(window.accepts(index - 1)).toBe(true);
    expect(window.accepts(index - 2_048)).toBe(false);
  });
});
