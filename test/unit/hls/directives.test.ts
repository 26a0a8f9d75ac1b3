import { describe, expect, test } from 'vitest';
import { hlsConfig } from '#src/hls/config.ts';
import { advancePartLimit, checkReach, readDirectives } from '#src/hls/directives.ts';
import { timingOf } from '#src/hls/timing.ts';
import { MediaWindow } from '#src/hls/window.ts';

describe('reading', () => {
  test.each([
    ['', undefined, false],
    ['token=x&a', undefined, false],
    ['_HLS_msn=7', { msn: 7, part: undefined }, false],
    ['_HLS_msn=7&_HLS_part=0', { msn: 7, part: 0 }, false],
    ['_HLS_part=3&x=1&_HLS_skip=YES&_HLS_msn=7', { msn: 7, part: 3 }, true],
    ['_HLS_skip=v2', undefined, 'v2'],
    ['x_HLS_part=1', undefined, false],
    ['_HLS_unknown=1', undefined, false],
  ])('%s', (query, position, skip) => {
    expect(readDirectives(query)).toEqual({ position, skip });
  });

  test.each([
    '_HLS_part=1',
    '_HLS_msn=',
    '_HLS_msn',
    '_HLS_msn=-1',
    '_HLS_msn=1e3',
    '_HLS_msn=0x10',
    '_HLS_msn=%31',
    '_HLS_msn=9999999999999999',
    '_HLS_msn=1&_HLS_part=',
    '_HLS_msn=1&_HLS_part=a',
    '_HLS_msn=1&_HLS_msn=1',
    '_HLS_skip=yes',
    '_HLS_skip',
  ])('%s is refused', (query) => {
    expect(() => readDirectives(query)).toThrow(expect.objectContaining({ code: 'hls-bad-directive' }));
  });
});

describe('how far ahead one may ask', () => {
  const timing = timingOf(216.67, hlsConfig.parse({}));
  const window = new MediaWindow(timing, 1e9);
  const name = 'v0_e1_s1.m4s';
  const start = {
    name,
    run: 1,
    discontinuity: false,
    mapName: '',
    startWallMs: 0,
    independent: true,
    gap: false,
  };
  window.begin({ ...start, startMs: 0 });
  for (let part = 0; part < 4; part += 1)
    window.addPart(
      { name: `p${part}`, listedMs: 200, independent: false, bytes: new Uint8Array(1) },
      part * 200 + 200,
    );

  test('three seconds of parts, or three parts when they are long', () => {
    expect(advancePartLimit(timing)).toBe(14);
    expect(advancePartLimit({ ...timing, partTargetMs: 1_000 })).toBe(3);
  });

  test.each([
    [1, 4, true],
    [1, 17, true],
    [1, 18, false],
    [2, 13, true],
    [2, 14, false],
    [3, undefined, true],
    [4, undefined, false],
    [4, 0, false],
    [0, 900, true],
  ])('MSN %i part %s: %s', (msn, part, allowed) => {
    const check = (): void => checkReach({ msn, part }, window, timing);
    if (allowed) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'hls-too-far-ahead' }));
  });
});
