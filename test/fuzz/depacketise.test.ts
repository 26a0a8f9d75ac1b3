import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { VideoCodec } from '#src/core/media.ts';
import { parseAv1Sequence } from '#src/rtp/keyframe/av1-sequence.ts';
import { parseH264Sps } from '#src/rtp/keyframe/h264-sps.ts';
import { parseH265Sps } from '#src/rtp/keyframe/h265-sps.ts';
import { OpusDepacketiser } from '#src/bridge/depacketise/opus.ts';
import { matroskaBlock } from '#src/bridge/matroska.ts';
import { depacketise, packet } from '../unit/bridge/units.ts';

// A loaded machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const codecs: readonly VideoCodec[] = ['h264', 'h265', 'vp8', 'vp9', 'av1'];

/** Payload headers that lead into the interesting branches, followed by anything. */
const headers: Readonly<Record<VideoCodec, readonly (readonly number[])[]>> = {
  h264: [
    [0x67, 0x64, 0, 0x1f],
    [0x68],
    [0x65, 0x88],
    [0x41, 0x9a],
    [0x78, 0, 4],
    [0x7c, 0x85],
    [0x7c, 0x45],
    [0x7c, 0x05],
  ],
  h265: [
    [0x42, 1, 1],
    [0x44, 1],
    [0x40, 1],
    [0x26, 1, 0xaf],
    [0x60, 1, 0, 3],
    [0x62, 1, 0x93],
    [0x62, 1, 0x53],
  ],
  vp8: [[0x10, 0x10, 2, 0, 0x9d, 0x01, 0x2a], [0x90, 0x80, 0x80, 1, 0x10], [0x00], [0xff, 0xff]],
  vp9: [
    [0x88, 1, 0x82, 0x49, 0x83, 0x42],
    [0xaa, 0x80, 1, 0x20],
    [0xff, 0xff],
    [0x0a, 0x18],
  ],
  av1: [
    [0x08, 3, 0x08, 0, 0],
    [0x18, 0x0a],
    [0x50, 0x30],
    [0x90, 0x10],
    [0x28, 2, 0x30, 0],
  ],
};

const noise = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 });
const packets = (codec: VideoCodec) =>
  fc.array(
    fc.tuple(
      fc.constantFrom(...headers[codec], []),
      noise,
      fc.boolean(),
      fc.integer({ min: 0, max: 3 }),
      fc.boolean(),
    ),
    { maxLength: 40 },
  );

describe.each(codecs)('%s', (codec) => {
  test('survives anything, and what it lets through has a size that adds up and a configuration on keyframes', () => {
    fc.assert(
      fc.property(packets(codec), (story) => {
        let sequence = 0;
        const { units } = depacketise(
          codec,
          story.map(([head, tail, marker, frame, hole]) => {
            sequence += hole ? 2 : 1;
            return packet(sequence, frame * 3000, [...head, ...tail], marker);
          }),
        );
        for (const unit of units) {
          expect(unit.chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(unit.sizeBytes);
          expect(unit.config !== undefined).toBe(unit.keyframe);
          if (unit.config) expect(Math.min(unit.config.width, unit.config.height)).toBeGreaterThan(0);
          matroskaBlock(1, 0, unit);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test('parameter set parsers return or give up, they never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      parseH264Sps(bytes);
      parseH265Sps(bytes);
      parseAv1Sequence(bytes);
    }),
    { numRuns: 500 },
  );
});

test('opus takes any payload', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (payload) => {
      const opus = new OpusDepacketiser({ unit: () => undefined, damaged: () => undefined });
      opus.push({ ...packet(1, 0, []), kind: 'audio', codec: 'opus', payload });
    }),
  );
});
