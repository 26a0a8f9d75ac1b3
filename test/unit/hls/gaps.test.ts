import { afterEach, expect, test } from 'vitest';
import { EpochFeed } from '#test/kit/hls-source.ts';
import { Packagers, read, renditionOf } from '#test/kit/hls-packager.ts';

const packagers = new Packagers();
afterEach(() => packagers[Symbol.asyncDispose]());

test('sound that a run does without is a gap, hints at nothing, and comes back behind the same discontinuities', async () => {
  const packager = packagers.open();
  const first = new EpochFeed(1);
  packager.accept(first.epoch);
  await first.advanceTo(16_000);
  const promised = renditionOf(packager, 'a0').hintName;
  expect(promised).toMatch(/^a0_e1_p\d+\.m4s$/);

  const silent = new EpochFeed(2, ['video']);
  packager.accept(silent.epoch);
  await silent.advanceTo(17_000);
  await silent.advanceTo(20_000);
  const lost = read(packager, 'a0');
  expect(lost.segments.at(-1)).toMatchObject({ gap: true, parts: [] });
  expect(lost.hints).toEqual([]);
  // Whoever waits for what was promised learns that it does not come soon.
  expect(renditionOf(packager, 'a0').hintName).toBeUndefined();

  const again = new EpochFeed(3);
  packager.accept(again.epoch);
  await again.advanceTo(18_000);
  const back = read(packager, 'a0');
  expect(back.hints).toHaveLength(1);
  expect(back.segments.at(-1)?.parts.length).toBeGreaterThan(0);
  const breaks = (id: string): number =>
    read(packager, id).segments.filter((segment) => segment.discontinuity).length;
  expect(breaks('a0')).toBe(breaks('v0'));
  expect(breaks('a0')).toBe(2);
});
