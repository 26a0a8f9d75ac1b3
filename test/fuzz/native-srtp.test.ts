import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rejection } from '#src/core/engine.ts';
import type { SrtpProfile } from '#src/core/plane.ts';
import { addonKeys, rejectionOf } from '#src/media/engine/native.ts';
import { trustedAddon } from '#src/media/engine/select.ts';
import { SrtpSession } from '#src/media/engine/srtp-session.ts';
import { keysOf, mirrored } from '#test/conformance/engine-kit.ts';

const profiles: readonly SrtpProfile[] = ['aead-aes-128-gcm', 'aes-128-cm-hmac-sha1-80'];
const roomBytes = 20;

/** One packet of a run, and what happens to it on the way. */
const arrival = fc.record({
  kind: fc.constantFrom<'rtp' | 'rtcp'>('rtp', 'rtp', 'rtcp'),
  ssrc: fc.integer({ min: 1, max: 3 }),
  // Around both ends of a cycle and of the replay window.
  sequence: fc.oneof(
    fc.nat(0xffff),
    fc.integer({ min: 65_500, max: 65_570 }),
    fc.integer({ min: 2_000, max: 2_100 }),
  ),
  payload: fc.uint8Array({ maxLength: 200 }),
  extended: fc.boolean(),
  damage: fc.option(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 255 })), { nil: undefined, freq: 4 }),
  cut: fc.option(fc.nat(60), { nil: undefined, freq: 5 }),
  twice: fc.boolean(),
});

type Arrival = typeof arrival extends fc.Arbitrary<infer Value> ? Value : never;

describe.each(profiles)('two implementations of SRTP (%s)', (profile) => {
  it('write the same bytes and give the same answers, whatever comes', () => {
    const addon = trustedAddon();
    if (typeof addon === 'string') throw new Error(addon);
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1, maxLength: 40 }), (arrivals) => {
        const keys = keysOf(profile);
        const sender = new SrtpSession(mirrored(keys));
        const nativeSender = new addon.SrtpSession(...addonKeys(mirrored(keys)));
        const reader = new SrtpSession(keys);
        const nativeReader = new addon.SrtpSession(...addonKeys(keys));
        for (const one of arrivals) {
          const { plain, headerBytes } = plainOf(one);
          const room = Buffer.concat([plain, Buffer.alloc(roomBytes)]);
          const nativeRoom = Buffer.from(room);
          const length =
            one.kind === 'rtp'
              ? sender.protectRtp(room, headerBytes, plain.subarray(headerBytes))
              : sender.protectRtcp(room, plain.length);
          const nativeLength =
            one.kind === 'rtp'
              ? nativeSender.protectRtp(nativeRoom, plain.length)
              : nativeSender.protectRtcp(nativeRoom, plain.length);
          expect(nativeLength).toBe(length);
          expect(nativeRoom.subarray(0, length)).toEqual(room.subarray(0, length));

          const datagram = damaged(room.subarray(0, length), one);
          for (let times = one.twice ? 2 : 1; times > 0; times--) {
            const read = Buffer.from(datagram);
            const nativeRead = Buffer.from(datagram);
            const answer = one.kind === 'rtp' ? reader.unprotectRtp(read) : reader.unprotectRtcp(read);
            const nativeAnswer =
              one.kind === 'rtp'
                ? nativeReader.unprotectRtp(nativeRead)
                : nativeReader.unprotectRtcp(nativeRead);
            expect(worded(nativeAnswer)).toBe(answer);
            expect(nativeRead).toEqual(read);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

function plainOf(one: Arrival): { plain: Buffer; headerBytes: number } {
  if (one.kind === 'rtcp') {
    const header = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, one.ssrc]);
    return { plain: Buffer.concat([header, one.payload]), headerBytes: header.length };
  }
  const header = Buffer.alloc(12);
  header[0] = one.extended ? 0x90 : 0x80;
  header[1] = 96;
  header.writeUInt16BE(one.sequence & 0xffff, 2);
  header.writeUInt32BE(one.ssrc, 8);
  const extension = one.extended ? Buffer.from('bede000110310000', 'hex') : Buffer.alloc(0);
  return {
    plain: Buffer.concat([header, extension, one.payload]),
    headerBytes: header.length + extension.length,
  };
}

function damaged(datagram: Buffer, { damage, cut }: Arrival): Buffer {
  const copy = Buffer.from(datagram);
  if (damage !== undefined) {
    const at = damage[0] % copy.length;
    copy[at] = (copy[at] ?? 0) ^ damage[1];
  }
  return cut === undefined ? copy : copy.subarray(0, Math.max(0, copy.length - cut));
}

function worded(answer: number): number | Rejection {
  return answer >= 0 ? answer : rejectionOf(answer);
}
