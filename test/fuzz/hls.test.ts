import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '#src/core/failure.ts';
import { MalformedMp4 } from '#src/hls/bmff.ts';
import { readDirectives } from '#src/hls/directives.ts';
import { TrackReader } from '#src/hls/samples.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { openHlsRig } from '#test/kit/hls-rig.ts';
import { EpochFeed, fragment, initSegment } from '#test/kit/hls-source.ts';

const sink = { init: (): void => undefined, sample: (): void => undefined };
const seed = 7;

test('any query is understood or refused', () => {
  const piece = fc.constantFrom(
    '_HLS_msn',
    '_HLS_part',
    '_HLS_skip',
    '=',
    '&',
    '1',
    '-',
    'YES',
    '%',
    '9'.repeat(20),
    'x',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (query) => {
        try {
          const { position } = readDirectives(query);
          if (position) expect(Number.isSafeInteger(position.msn)).toBe(true);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          expect(error.kind).toBe('invalid');
        }
      },
    ),
    { numRuns: 2_000, seed },
  );
});

test('damaged MP4 is read or refused, never anything else', () => {
  const good = Buffer.concat([
    initSegment('video'),
    ...[0, 1, 2].map((index) =>
      fragment({
        startTicks: index * 512,
        durationTicks: 512,
        keyframe: index === 0,
        data: Buffer.alloc(40),
      }),
    ),
  ]);
  const damage = fc.array(fc.record({ at: fc.nat(good.length - 1), byte: fc.nat(255) }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(damage, fc.integer({ min: 1, max: 200 }), (spots, size) => {
      const bytes = Buffer.from(good);
      for (const { at, byte } of spots) bytes[at] = byte;
      const reader = new TrackReader(sink);
      try {
        for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
      } catch (error) {
        if (!(error instanceof MalformedMp4)) throw error;
      }
    }),
    { numRuns: 2_000, seed },
  );
});

test('any path and query below /hls/ is answered without a 500', async () => {
  await using rig = await openHlsRig({ startWaitMs: 20, blockLimitMs: 1_000 });
  const feed = new EpochFeed();
  rig.packager.accept(feed.epoch);
  await feed.advanceTo(14_000);
  const incarnation = /([\w-]+)\/v0\.m3u8/.exec((await exchange(rig.url)).body.toString())?.[1] ?? '';
  rig.packager.finish();
  const piece = fc.constantFrom(
    ...[
      'live',
      '/',
      incarnation,
      'v0',
      'a0',
      '_e1',
      '_p1',
      '_s1',
      '.m3u8',
      '.m4s',
      '.mp4',
      '..',
      '%00',
      '?',
      '_HLS_msn=',
      '2',
      '&',
    ],
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (pieces) => {
      const { status } = await exchange(`${rig.base}/hls/${pieces.join('')}`);
      // 421: the path left /hls/ and is not for the origin.
      expect([200, 400, 404, 421]).toContain(status);
    }),
    { numRuns: 150, seed },
  );
  expect(rig.warnings).toEqual([]);
});
