import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, writeFrame } from '#src/media/tcp/framing.ts';
import { PeerDirectory } from '#src/media/tcp/peer-directory.ts';
import { nextPeerId } from '#src/core/ids.ts';

const maxFrameBytes = 2_048;

/** The bytes cut at the given places, which are shares of the length. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

test('packets survive any cutting of the stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 20 }),
      cuts,
      (packets, at) => {
        const bytes = Buffer.alloc(packets.reduce((sum, { length }) => sum + 2 + length, 0));
        packets.reduce((offset, packet) => writeFrame(bytes, offset, packet), 0);
        const reader = new FrameReader(maxFrameBytes);
        const out: Buffer[] = [];
        for (const piece of pieces(bytes, at)) {
          expect(reader.read(piece, (frame) => out.push(Buffer.from(frame)) > 0)).toBe(true);
        }
        expect(out).toEqual(packets.map((packet) => Buffer.from(packet)));
      },
    ),
    { numRuns: 300 },
  );
});

test('arbitrary bytes, cut anywhere, never throw, never give a frame beyond the limit, and mean the same however cut', () => {
  const read = (chunks: readonly Buffer[]): { frames: string[]; ok: boolean } => {
    const reader = new FrameReader(maxFrameBytes);
    const frames: string[] = [];
    const ok = chunks.every((chunk) =>
      reader.read(chunk, (frame) => {
        expect(frame.length).toBeGreaterThan(0);
        expect(frame.length).toBeLessThanOrEqual(maxFrameBytes);
        return frames.push(frame.toString('hex')) > 0;
      }),
    );
    return { frames, ok };
  };
  // High bytes are rare, so that lengths are often plausible.
  const byte = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1, 2, 3) }, fc.nat(255));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 3_000 }), cuts, (values, at) => {
      const bytes = Buffer.from(values);
      expect(read(pieces(bytes, at))).toEqual(read([bytes]));
    }),
    { numRuns: 300 },
  );
});

test('no first frame but a check with the password opens anything', () => {
  const directory = new PeerDirectory();
  directory.add(nextPeerId(), 1, { ufrag: 'ufrag', password: 'password' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const frame = Buffer.from(bytes);
      if (frame.length >= 20) {
        frame.set([0, 1, 0, frame.length - 20, 0x21, 0x12, 0xa4, 0x42]);
      }
      expect(typeof directory.authenticate(frame)).toBe('string');
    }),
    { numRuns: 500 },
  );
});
