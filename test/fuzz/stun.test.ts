import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DtlsGate } from '#src/media/dtls-gate.ts';
import { SrtpSession } from '#src/media/engine/srtp-session.ts';
import { IceLite } from '#src/media/ice-lite.ts';
import { parseBindingRequest } from '#src/media/stun.ts';
import { keysOf } from '#test/conformance/engine-kit.ts';
import { bindingRequest } from '#test/integration/media-kit.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const valid = bindingRequest('ours:theirs', 'the password');
/** A valid request with a few bytes changed and perhaps cut off. */
const mutated = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
    fc.nat(valid.length),
  )
  .map(([changes, length]) => {
    const copy = Buffer.from(valid);
    for (const [at, value] of changes) copy[at] = value;
    return length === 0 ? copy : copy.subarray(0, length);
  });

describe('hostile datagrams', () => {
  it('never make the STUN parser throw or read a request that is none', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, mutated), (datagram) => {
        const request = parseBindingRequest(Buffer.from(datagram));
        if (typeof request === 'string') return;
        expect(request.integrityAt + 24).toBeLessThanOrEqual(datagram.length);
        expect(request.localUfrag.length).toBeGreaterThan(0);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never get an answer or an address without the password', () => {
    fc.assert(
      fc.property(mutated, (datagram) => {
        if (datagram.equals(valid.subarray(0, datagram.length))) return;
        // A fresh one each time: one that was rightly taken would leave its address behind for the next.
        const ice = new IceLite<{ id: number }>();
        ice.add({ id: 1 }, { ufrag: 'ours', password: 'the password' });
        const outcome = ice.check(datagram, '192.0.2.1', 1);
        // Only bytes outside the protected part may change: those of FINGERPRINT, which then no longer fits.
        expect(typeof outcome === 'string' || datagram.subarray(0, -8).equals(valid.subarray(0, -8))).toBe(
          true,
        );
        if (typeof outcome === 'string') expect(ice.peerAt('192.0.2.1', 1)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it('never make the DTLS gate or SRTP throw, and are never taken for authentic', () => {
    const sessions = [
      new SrtpSession(keysOf('aead-aes-128-gcm')),
      new SrtpSession(keysOf('aes-128-cm-hmac-sha1-80')),
    ];
    const gate = new DtlsGate();
    fc.assert(
      fc.property(
        fc.oneof(bytes, fc.uint8Array({ minLength: 2_000, maxLength: 6_000 })),
        fc.nat(63),
        (random, low) => {
          const datagram = Buffer.from(random);
          gate.admits(datagram, 0);
          if (datagram.length > 0) datagram[0] = 0x80 | low;
          for (const session of sessions) {
            expect(session.unprotectRtp(datagram)).toBeTypeOf('string');
            expect(session.unprotectRtcp(datagram)).toBeTypeOf('string');
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
