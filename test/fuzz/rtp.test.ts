import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExtensionReader, ExtensionRewriter } from '#src/rtp/extensions.ts';
import { classify, RtpHeader } from '#src/rtp/header.ts';
import { isKeyframeStart, resolution } from '#src/rtp/keyframe.ts';
import { unwrapRtx } from '#src/rtp/rtx.ts';
import { hex } from '../unit/rtp/packets.ts';
import { mutated } from './rtp-mutations.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

const numRuns = 3000;

const packets = [
  hex('80e01234 89abcdef 01020304 aabbccdd'),
  hex('b1600001 00000002 00000003 deadbeef bede0002 10ff2176 30000000 aabbcc 00 02'),
  hex('90600001 00000002 00000003 10000003 ff000102 aabb0501 cc000000 aabbcc'),
];

test('a header that parses lies inside its packet, and so does everything read from it', () => {
  const reader = new ExtensionReader();
  const header = new RtpHeader();
  fc.assert(
    fc.property(mutated(packets), (packet) => {
      classify(packet);
      if (!header.parse(packet)) return;
      expect(header.headerBytes + header.payloadBytes + header.paddingBytes).toBe(packet.length);
      expect(header.payload(packet)).toHaveLength(header.payloadBytes);
      reader.start(header.extensionBlock(packet));
      let elements = 0;
      while (reader.next()) elements += 1;
      expect(elements).toBeLessThanOrEqual(packet.length);
      for (const id of [1, 2, 255]) {
        if (!reader.find(packet, header, id)) continue;
        expect(reader.offset + reader.bytes).toBeLessThanOrEqual(header.headerBytes);
        expect(reader.text()).toHaveLength(reader.bytes);
      }
      if (unwrapRtx(packet, header, { ssrc: 1, payloadType: 2 }))
        expect(header.payloadBytes).toBeGreaterThan(0);
    }),
    { numRuns },
  );
});

test('a rewritten extension block is well-formed, whatever the publisher sent', () => {
  const ids = { 'audio-level': 1, 'color-space': 2, 'dependency-descriptor': 5 };
  const rewriter = new ExtensionRewriter({ publisher: ids, viewer: { ...ids, mid: 20 }, mid: 'video' });
  const blocks = [hex('bede0002 10ff2176 30000000'), hex('10000003 ff000102 aabb0501 cc000000')];
  fc.assert(
    fc.property(mutated(blocks), (block) => {
      const out = rewriter.rewrite(block);
      expect(out.length).toBe(4 + 4 * ((out[2]! << 8) | out[3]!));
      const reader = new ExtensionReader();
      reader.start(out);
      expect(reader.next()).toBe(true);
      expect(reader.text()).toBe('video');
    }),
    { numRuns },
  );
});

const payloads = {
  h264: [
    hex('6742c028da01e0089f970110000003001000000303c0f1832a'),
    hex('78001967 42c01eda0280bfe5c044000003000400000300f03c58ba80000468ce0fc8'),
    hex('677a001ebcd940a063f1b80880000003008000001e0f8a14cb'),
    hex('6764001ead4234924924924921087fe0854299a6805005b9'),
    hex('7c8588843a'),
  ],
  h265: [
    hex('42010101600000030090000003000003005aa006c201e1cde595952930bc05a020000003002000000303c1'),
    hex('620194ac21'),
    hex('6001000444 01c073 000442010101'),
  ],
  vp8: [hex('90f08111223310 62009d012a4001b4000007'), hex('1010 62009d012a4001b4000007')],
  vp9: [
    hex('8a8123080204010801 09824983420013f00b360438241c184a00'),
    hex('b8812300824983420013f00b360438241c184a00'),
  ],
  av1: [
    hex('280c08000000043cfeccdaf9004030171400a0b010db'),
    hex('0001100d0a0b000000043cfeccdaf900400830171400a0b010db'),
  ],
} as const;

test.each(['h264', 'h265', 'vp8', 'vp9', 'av1'] as const)(
  '%s payloads never throw, and sizes are possible ones',
  (codec) => {
    fc.assert(
      fc.property(mutated(payloads[codec]), (payload) => {
        isKeyframeStart(codec, payload);
        const size = resolution(codec, payload);
        if (size === undefined) return;
        expect(Number.isInteger(size.width) && size.width > 0 && size.width <= 16_384).toBe(true);
        expect(Number.isInteger(size.height) && size.height > 0 && size.height <= 16_384).toBe(true);
      }),
      { numRuns },
    );
  },
);
