import { describe, expect, test } from 'vitest';
import { heightClasses, heightClassOf, hlsFolderName, parseHlsFolder } from '#src/core/hls-folder.ts';

describe('a folder of LL-HLS', () => {
  test('is named after its stream, and after the height that it is limited to', () => {
    expect(hlsFolderName('live')).toBe('live');
    expect(hlsFolderName('live', 720)).toBe('live~720');
    expect(hlsFolderName('live', 1_000)).toBe('live~960');
    expect(parseHlsFolder('live')).toEqual({ stream: 'live', maxHeight: undefined });
    for (const maxHeight of heightClasses)
      expect(parseHlsFolder(hlsFolderName('a.b-c_d', maxHeight))).toEqual({ stream: 'a.b-c_d', maxHeight });
  });

  test.each([
    '',
    '~720',
    'live~',
    'live~721',
    'live~0720',
    'live~720.0',
    'live~720~360',
    'live~1e3',
    'live~-720',
    'li/ve~720',
    `${'x'.repeat(65)}~720`,
  ])('has no other name such as "%s"', (name) => {
    expect(parseHlsFolder(name)).toBeUndefined();
  });
});

test('a height is rounded down to its class, and one below all of them up to the smallest', () => {
  expect(heightClassOf(1080)).toBe(1080);
  expect(heightClassOf(1079)).toBe(960);
  expect(heightClassOf(100_000)).toBe(4320);
  expect(heightClassOf(1)).toBe(144);
  expect([...heightClasses].toSorted((one, other) => one - other)).toEqual([...heightClasses]);
});
