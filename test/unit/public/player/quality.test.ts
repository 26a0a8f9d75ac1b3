import { describe, expect, it } from 'vitest';
import { layerOptions, limitWords, variantOptions } from '#public/player/quality.ts';
import type { ToldLayer } from '#public/shared/viewer-events.ts';

const free = { maxHeight: undefined, hasSound: true };
const layer = (rid: string, height: number, bitrateBps: number): ToldLayer => {
  const size = { width: (height * 16) / 9, height, bitrateBps };
  return { rid, ...size, parts: [{ ...size, spatialLayer: 0, temporalLayer: 0 }] };
};
const three = [layer('f', 720, 900_000), layer('h', 360, 350_000), layer('q', 180, 120_000)];
const inside = (sizes: readonly number[], rates: number): ToldLayer => ({
  ...layer('', 720, 900_000),
  parts: sizes
    .flatMap((height, spatialLayer) =>
      Array.from({ length: rates }, (_, temporalLayer) => ({
        width: (height * 16) / 9,
        height,
        bitrateBps: (spatialLayer + 1) * 100_000 + temporalLayer,
        spatialLayer,
        temporalLayer,
      })),
    )
    .toReversed(),
});

describe('a viewer of the front row', () => {
  it('chooses among simulcast layers, sound alone, and what the gateway thinks best', () => {
    const options = layerOptions(three, free);
    expect(options.map(({ label, detail }) => [label, detail])).toEqual([
      ['Auto', 'fits your network'],
      ['720p', '1280 × 720 · 900 kbit/s'],
      ['360p', '640 × 360 · 350 kbit/s'],
      ['180p', '320 × 180 · 120 kbit/s'],
      ['Audio only', 'no picture'],
    ]);
    expect(options.map(({ body }) => body)).toEqual([
      {},
      { rid: 'f' },
      { rid: 'h' },
      { rid: 'q' },
      { off: true },
    ]);
  });

  it('sees what its token allows, and always something', () => {
    const ids = (maxHeight: number): readonly string[] =>
      layerOptions(three, { ...free, maxHeight }).map(({ id }) => id);
    expect(ids(480)).toEqual(['auto', 'rid:h', 'rid:q', 'off']);
    expect(ids(100)).toEqual(['auto', 'off']);
    expect(limitWords(480)).toMatch(/480 lines/);
    expect(limitWords(undefined)).toBe('');
  });

  it('chooses sizes inside a stream, and frame rates where there is one size', () => {
    const sizes = layerOptions([inside([180, 360, 720], 3)], free);
    expect(sizes.map(({ label }) => label)).toEqual(['Auto', '720p', '360p', '180p', 'Audio only']);
    expect(sizes[2]?.body).toEqual({ maxSpatialLayerId: 1 });
    const rates = layerOptions([inside([720], 3)], free);
    expect(rates.map(({ label }) => label)).toEqual([
      'Auto',
      'All frames',
      'Fewer frames',
      'Fewest frames',
      'Audio only',
    ]);
    expect(rates[3]?.body).toEqual({ maxTemporalLayerId: 0 });
  });

  it('has no choice but sound where there is one picture, and none where there is no sound', () => {
    expect(layerOptions([layer('', 720, 1)], free).map(({ id }) => id)).toEqual(['auto', 'off']);
    expect(layerOptions([layer('', 720, 1)], { ...free, hasSound: false })).toHaveLength(1);
    expect(layerOptions([], free)).toHaveLength(1);
  });

  it('tells layers of one size, or of none yet, apart by their names', () => {
    const twins = layerOptions([layer('a', 720, 2), layer('b', 720, 1)], free);
    expect(twins.map(({ label }) => label)).toContain('720p b');
    const unknown = layerOptions([layer('a', 0, 2), layer('b', 0, 1)], free);
    expect(unknown.map(({ label }) => label)).toEqual(['Auto', 'a', 'b', 'Audio only']);
  });
});

it('a viewer of the broadcast chooses among variants, by the player’s own numbers', () => {
  const variant = (height: number, bitrate: number) => ({ width: (height * 16) / 9, height, bitrate });
  expect(variantOptions([variant(720, 1)])).toEqual([]);
  const options = variantOptions([variant(360, 500_000), variant(720, 2_000_000)]);
  expect(options.map(({ id, label }) => [id, label])).toEqual([
    ['auto', 'Auto'],
    ['level:1', '720p'],
    ['level:0', '360p'],
  ]);
});
