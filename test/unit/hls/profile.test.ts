import { describe, expect, test } from 'vitest';
import { globMatches } from '#src/core/glob.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { partWishMs, profileNames, type ProfileName } from '#src/hls/profile.ts';
import { partTargetFor, timingOf } from '#src/hls/timing.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';
import { Packagers, read, renditionOf } from '#test/kit/hls-packager.ts';

const wish = (settings: object, stream = 'live'): number =>
  partWishMs(hlsConfig.parse(settings), (pattern) => globMatches(pattern, stream));

describe('which profile a stream has', () => {
  test('is ultra when nobody says anything', () => {
    expect(wish({})).toBe(200);
    expect(wish({ profile: 'standard' })).toBe(500);
  });

  test('is that of the first pattern that means it', () => {
    const profiles = [
      { stream: 'talk-*', profile: 'ultra' },
      { stream: '*', profile: 'standard' },
    ];
    expect(wish({ profiles }, 'talk-1')).toBe(200);
    expect(wish({ profiles }, 'concert')).toBe(500);
    expect(wish({ profile: 'standard', profiles: profiles.slice(0, 1) }, 'concert')).toBe(500);
  });

  test('does not matter where the length is said in detail', () => {
    expect(wish({ profile: 'standard', partTargetMs: 333 })).toBe(333);
  });

  test.each([{ profile: 'fast' }, { profiles: [{ stream: '[', profile: 'ultra' }] }, { partTargetMs: 50 }])(
    'is refused when it is %j',
    (settings) => expect(hlsConfig.safeParse(settings).success).toBe(false),
  );
});

describe('the parts of a profile', () => {
  const lengths: readonly (readonly [ProfileName, number, number])[] = [
    ['ultra', 160, 270],
    ['standard', 390, 610],
  ];

  test.each(lengths)('%s has parts of %d to %d ms at usual rates', (profile, leastMs, mostMs) => {
    for (const fps of [23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60]) {
      const targetMs = partTargetFor(1000 / fps, wish({ profile }));
      const fullMs = Math.floor((targetMs * fps) / 1000) * (1000 / fps);
      expect(fullMs, `${fps} per second`).toBeGreaterThanOrEqual(leastMs);
      expect(fullMs, `${fps} per second`).toBeLessThanOrEqual(mostMs);
    }
  });

  test.each(profileNames)('%s keeps players three parts behind, rounding included', (profile) => {
    const config = hlsConfig.parse({ profile });
    const timing = timingOf(partTargetFor(1000 / 29.97, wish({ profile })), config);
    expect(timing.partHoldBackMs).toBeGreaterThanOrEqual(3 * timing.partTargetMs);
    expect(timing.partHoldBackMs).toBeLessThan(3 * timing.partTargetMs + 0.1);
  });

  test.each(lengths)('%s is what the playlist says', async (profile, _leastMs, mostMs) => {
    await using packagers = new Packagers();
    const packager = packagers.open({ profile, measureMs: 300 });
    const feed = new EpochFeed();
    packager.accept(feed.epoch);
    await feed.advanceTo(16_000);
    await settled();
    const { partTargetS, control } = read(packager, 'v0');
    expect(partTargetS * 1000).toBeLessThanOrEqual(mostMs);
    expect(Number(control.get('PART-HOLD-BACK'))).toBeCloseTo(3 * partTargetS, 4);
    expect(read(packager, 'a0').partTargetS).toBe(partTargetS);
    expect(renditionOf(packager, 'v0').timing.partTargetMs).toBeCloseTo(partTargetS * 1000, 2);
  });
});
