import { expect, test } from 'vitest';
import { worthwhile } from '#src/media/rungs.ts';

const grid = (spatial: number, temporal: number): { spatial: number; temporal: number }[] =>
  Array.from({ length: spatial * temporal }, (_, i) => {
    return { spatial: Math.floor(i / temporal), temporal: i % temporal };
  });
const labels = (rungs: ReturnType<typeof grid>): string[] =>
  rungs.map(({ spatial, temporal }) => `S${spatial.toString()}T${temporal.toString()}`);

test('a picture is offered at its rate, the smallest one at less too', () => {
  expect(labels([...worthwhile(grid(1, 3), false)])).toEqual(['S0T2']);
  expect(labels([...worthwhile(grid(1, 3), true)])).toEqual(['S0T0', 'S0T1', 'S0T2']);
  expect(labels([...worthwhile(grid(2, 3), true)])).toEqual(['S0T0', 'S0T1', 'S0T2', 'S1T2']);
});

test('within what was asked for, the smallest picture is again offered at less than its rate', () => {
  const upper = grid(3, 2).filter(({ spatial }) => spatial > 0);
  expect(labels([...worthwhile(upper, true)])).toEqual(['S1T0', 'S1T1', 'S2T1']);
  expect(labels([...worthwhile(upper, false)])).toEqual(['S1T1', 'S2T1']);
});

test('what has no layers is offered as it is', () => {
  expect(labels([...worthwhile(grid(1, 1), false)])).toEqual(['S0T0']);
  expect(worthwhile([], true)).toEqual([]);
});
