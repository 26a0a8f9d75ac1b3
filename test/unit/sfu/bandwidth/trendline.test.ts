import { expect, test } from 'vitest';
import { Trendline } from '#src/sfu/bandwidth/trendline.ts';
import { dice } from './simulator.ts';

/** Groups every 20 ms whose delay changes by `stepMs` each; all the states it passed. */
function states(
  trendline: Trendline,
  from: number,
  groups: number,
  stepMs: (i: number) => number,
): Set<string> {
  const seen = new Set<string>();
  for (let i = from; i < from + groups; i += 1) {
    trendline.add(20, 20 + stepMs(i), 20 * i);
    seen.add(trendline.usage);
  }
  return seen;
}

test('a steady path is normal', () => {
  expect([...states(new Trendline(), 0, 500, () => 0)]).toEqual(['normal']);
});

test('a queue that grows is found, one that empties as well, and then all is normal again', () => {
  const trendline = new Trendline();
  states(trendline, 0, 60, () => 0);
  expect(states(trendline, 60, 30, () => 5)).toContain('overusing');
  states(trendline, 90, 40, () => 0);
  expect(states(trendline, 130, 30, () => -5)).toContain('underusing');
  states(trendline, 160, 100, () => 0);
  expect(trendline.usage).toBe('normal');
});

test('nothing is said before the window is full', () => {
  expect([...states(new Trendline(), 0, 19, () => 50)]).toEqual(['normal']);
});

test('the threshold learns a path whose delay wanders', () => {
  const trendline = new Trendline();
  const random = dice(7);
  const wander = (): number => 4 * (random() - 0.5);
  states(trendline, 0, 2000, wander);
  let over = 0;
  for (let i = 2000; i < 4000; i += 1) {
    trendline.add(20, 20 + wander(), 20 * i);
    if (trendline.usage === 'overusing') over += 1;
  }
  expect(over).toBeLessThan(200);
});
