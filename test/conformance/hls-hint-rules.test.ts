import { expect, test } from 'vitest';
import { readMediaPlaylist } from '#test/kit/hls-reader.ts';
import { checkSuccession } from '#test/kit/hls-rules.ts';

const head = [
  '#EXTM3U',
  '#EXT-X-TARGETDURATION:2',
  '#EXT-X-PART-INF:PART-TARGET=0.2',
  '#EXT-X-MEDIA-SEQUENCE:1',
];
const part = (name: string): string => `#EXT-X-PART:DURATION=0.2,URI="${name}"`;
const hint = (name: string): string => `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${name}"`;
const complete = ['#EXT-X-MAP:URI="e1.mp4"', part('e1_p1'), '#EXTINF:0.2,', 'e1_s1'];
const newRun = ['#EXT-X-DISCONTINUITY', '#EXT-X-MAP:URI="e2.mp4"'];

function broken(before: readonly string[], after: readonly string[]): readonly string[] {
  const [first, second] = [before, after].map((lines) => readMediaPlaylist([...head, ...lines].join('\n')));
  const rules: string[] = [];
  if (first && second)
    checkSuccession(first, second, (rule, holds) => {
      if (!holds) rules.push(rule);
    });
  return rules;
}

test.each([
  ['the hinted part comes', [hint('e1_p2')], [part('e1_p2'), hint('e1_p3')]],
  ['the run ends without it', [hint('e1_p2')], []],
  ['the run ends without it, and the next has begun', [hint('e1_p2')], [...newRun, part('e2_p2')]],
  ['nothing is hinted at in front of a discontinuity', [], [...newRun, part('e2_p2'), hint('e2_p3')]],
])('allowed: %s', (_, before, after) => {
  expect(broken([...complete, ...before], [...complete, ...after])).toEqual([]);
});

test.each([
  ['the hinted part is the next part', [hint('e1_p2')], [part('e1_p9')]],
  ['no hinted part comes behind a discontinuity', [hint('e2_p2')], [...newRun, part('e2_p2')]],
  ['only in front of a discontinuity nothing is hinted at', [], [part('e1_p2'), hint('e1_p3')]],
  ['only in front of a discontinuity nothing is hinted at', [], [hint('e1_p2')]],
])('found: %s', (rule, before, after) => {
  expect(broken([...complete, ...before], [...complete, ...after])).toEqual([rule]);
});
