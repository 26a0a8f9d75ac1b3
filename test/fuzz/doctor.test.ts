import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Codec, TapPacket } from '#src/core/media.ts';
import { Examination } from '#src/doctor/examination.ts';
import { H264ParameterSets } from '#src/rtp/h264/parameter-sets.ts';
import { readSliceHeader, sliceParameterSet } from '#src/rtp/h264/slice.ts';
import { h265ReorderPictures } from '#src/rtp/keyframe/h265-sps.ts';

const packets = fc.array(
  fc.record({
    codec: fc.constantFrom<Codec>('h264', 'h265', 'vp8', 'opus'),
    sequence: fc.integer({ min: 0, max: 300 }),
    timestamp: fc.integer({ min: 0, max: 0xffffffff }),
    marker: fc.boolean(),
    keyframe: fc.boolean(),
    // Types that are looked into come first.
    payload: fc
      .tuple(
        fc.constantFrom(0x67, 0x68, 0x65, 0x41, 0x78, 0x7c, 0x42, 0x60),
        fc.uint8Array({ maxLength: 60 }),
      )
      .map(([type, body]) => Uint8Array.of(type, ...body)),
    arrivedMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
  }),
  { maxLength: 40 },
);

test('whatever a publisher sends, the doctor only says what it finds', () => {
  const video = { kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: '', rids: [''] } as const;
  const audio = { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: '', rids: [''] } as const;
  fc.assert(
    fc.property(packets, (sent) => {
      const examination = new Examination({ tracks: [video, audio], userAgent: '' });
      for (const one of sent) {
        const packet: TapPacket = { ...one, kind: one.codec === 'opus' ? 'audio' : 'video' };
        examination.packet(packet);
        examination.clock({ kind: packet.kind, timestamp: packet.timestamp, ntpMs: packet.arrivedMs });
      }
      for (const { evidence } of examination.symptoms(1e7))
        for (const figure of Object.values(evidence)) expect(figure).not.toBeNaN();
    }),
  );
});

test('damaged parameter sets and slices are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 50 }), (set, slice) => {
      const sets = new H264ParameterSets();
      const sps = sets.sequence(Uint8Array.of(0x67, ...set));
      sets.picture(Uint8Array.of(0x68, ...set));
      sliceParameterSet(slice, 1);
      const order = sps && readSliceHeader({ bytes: slice, bodyAt: 1, idr: false }, sps)?.orderLsb;
      if (order !== undefined) expect(order).toBeLessThan(2 ** 16);
      const reorder = h265ReorderPictures(Uint8Array.of(0x42, 1, ...set));
      if (reorder !== undefined) expect(reorder).toBeGreaterThanOrEqual(0);
    }),
  );
});
