import { expect, test } from 'vitest';
import { type DateRangeNews, DateRangeWatch } from '../../../../public/player/daterange-watch.ts';

const range = (id: string, startMs: number, durationMs?: number): DateRangeNews => ({
  ...{ id, class: undefined, start: new Date(startMs), durationMs, attributes: {} },
});
const ids = (news: readonly DateRangeNews[]): readonly string[] => news.map(({ id }) => id);

test('each is told once, when playback comes to it, in order', () => {
  const watch = new DateRangeWatch();
  const ranges = [range('late', 3_000), range('soon', 1_500, 200), range('sooner', 1_200, 0)];
  expect(ids(watch.pass(ranges, 1_000))).toEqual([]);
  expect(ids(watch.pass(ranges, 1_600))).toEqual(['sooner', 'soon']);
  expect(ids(watch.pass(ranges, 2_900))).toEqual([]);
  expect(ids(watch.pass(ranges, 3_000))).toEqual(['late']);
  expect(ids(watch.pass(ranges, 9_000))).toEqual([]);
});

test('what was over when playback began is history; what goes on then is news', () => {
  const watch = new DateRangeWatch();
  const ranges = [range('over', 1_000, 500), range('moment', 1_900, 0), range('on', 1_000, 5_000)];
  expect(ids(watch.pass(ranges, 2_000))).toEqual(['on']);
  expect(ids(watch.pass(ranges, 3_000))).toEqual([]);
});

test('one that came late, for a moment that was played already, is told', () => {
  const watch = new DateRangeWatch();
  watch.pass([], 1_000);
  expect(ids(watch.pass([range('past', 1_500, 0)], 2_000))).toEqual(['past']);
});

test('remembers no more than it has to', () => {
  const watch = new DateRangeWatch();
  watch.pass([], 0);
  for (let index = 1; index <= 300; index += 1)
    expect(watch.pass([range(`r${index}`, index)], index)).toHaveLength(1);
  expect(watch.pass([range('r300', 300)], 400)).toEqual([]);
  expect(ids(watch.pass([range('r1', 1)], 400))).toEqual(['r1']);
});
