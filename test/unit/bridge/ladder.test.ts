import { expect, test } from 'vitest';
import { ladderFor, rungsBelow } from '#src/bridge/ladder.ts';
import { ladderNames } from '#src/core/ladder.ts';
import data from '../../../ffmpeg/ladders.json' with { type: 'json' };

const sizes = (name: (typeof ladderNames)[number], width: number, height: number): string[] =>
  rungsBelow(name, { width, height }).map((rung) => `${rung.rendition} ${rung.width}x${rung.height}`);

test('the settings name every ladder there is', () => {
  expect([...ladderNames].toSorted()).toEqual(Object.keys(data.lowerRungs).toSorted());
});

test.each([
  ['passthrough', 1920, 1080, []],
  ['ladder-2', 1920, 1080, ['v1 960x540']],
  ['ladder-3', 1920, 1080, ['v1 960x540', 'v2 480x270']],
  ['ladder-4', 1920, 1080, ['v1 960x540', 'v2 480x270', 'v3 256x144']],
  ['ladder-3', 3840, 2160, ['v1 1280x720', 'v2 640x360']],
  ['ladder-3', 1280, 720, ['v1 640x360', 'v2 320x180']],
  ['ladder-3', 640, 360, ['v1 320x180']],
  ['ladder-3', 320, 180, []],
  ['ladder-3', 1080, 1920, ['v1 540x960', 'v2 270x480']],
] as const)('%s below %ix%i', (name, width, height, expected) => {
  expect(sizes(name, width, height)).toEqual(expected);
});

test('no rung is ever larger than the top or has an odd side', () => {
  for (let height = 2; height < 2_400; height += 7) {
    for (const rung of rungsBelow('ladder-4', { width: Math.round((height * 16) / 9), height })) {
      expect(rung.height).toBeLessThan(height);
      expect([rung.width % 2, rung.height % 2]).toEqual([0, 0]);
    }
  }
});

test('the first pattern that means the stream holds', () => {
  const rules = {
    ladder: 'passthrough',
    ladders: [
      { stream: 'big', ladder: 'ladder-3' },
      { stream: '*', ladder: 'ladder-2' },
    ],
  } as const;
  const means = (stream: string) => (pattern: string) => pattern === '*' || pattern === stream;
  expect(ladderFor(rules, means('big'))).toBe('ladder-3');
  expect(ladderFor(rules, means('small'))).toBe('ladder-2');
  expect(ladderFor({ ...rules, ladders: [] }, means('big'))).toBe('passthrough');
});
