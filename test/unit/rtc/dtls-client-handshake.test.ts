import { describe, expect, test, vi } from 'vitest';

import { makeCertificate } from '#src/rtc/certificate.ts';
import { ClientHandshake } from '#src/rtc/dtls-client-handshake.ts';
import { writeUint16s, writeVector } from '#src/rtc/dtls-reader.ts';
import { DtlsRefusal } from '#src/rtc/dtls-refusal.ts';
import { clientWires, clientIdentity, serverIdentity, type WireOptions } from './kit/client-wire.ts';

vi.setConfig({ testTimeout: 30_000 });
const { open } = clientWires();

describe('a server is refused', () => {
  const flip =
    (type: number, at: number) =>
    (which: number, body: Buffer): Buffer => {
      if (which !== type) return body;
      const changed = Buffer.from(body);
      const index = at < 0 ? changed.length + at : at;
      changed[index] = changed[index]! ^ 1;
      return changed;
    };
  test.each<[string, WireOptions, RegExp, number]>([
    ['that signs with another key', {}, /does not hold the key/, 51],
    ['whose key was changed under the signature', { change: flip(12, 10) }, /does not hold the key/, 51],
    ['whose signature was changed', { change: flip(12, -1) }, /does not hold the key/, 51],
    ['that names a signature scheme not offered', { scheme: 0x0201 }, /signature scheme 513/, 47],
    ['that names a scheme of another kind of key', { scheme: 0x0401 }, /does not hold the key/, 51],
    ['with another Finished', { change: flip(20, 0) }, /saw different handshakes/, 51],
    [
      'with a longer Finished',
      { change: (type, body) => (type === 20 ? Buffer.concat([body, body]) : body) },
      /different/,
      51,
    ],
    ['with a cipher suite not offered', { suite: 0xc013 }, /cipher suite 49171/, 47],
    ['with a suite for another kind of key', { suite: 0xc02f }, /does not suit the cipher suite/, 42],
    ['with an SRTP profile not offered', { profile: 2 }, /SRTP profile/, 47],
    ['with a curve not offered', { curve: 24 }, /named curve 24/, 47],
    ['that compresses', { change: flip(2, 37) }, /compression/, 47],
    ['of another version', { change: flip(2, 1) }, /not DTLS 1.2/, 70],
    ['with an extension not offered', { change: flip(2, -3) }, /was not offered/, 110],
    [
      'that shows no certificate',
      { change: (type, body) => (type === 11 ? Buffer.alloc(3) : body) },
      /no certificate/,
      42,
    ],
    [
      'with a message that is cut off',
      { change: (type, body) => (type === 12 ? body.subarray(0, -1) : body) },
      /cut off/,
      50,
    ],
    [
      'with a message that goes on',
      { change: (type, body) => (type === 14 ? Buffer.alloc(1) : body) },
      /is not empty/,
      50,
    ],
    [
      'that cannot read our signatures',
      {
        change: (type, body) =>
          type === 13 ? Buffer.from(body.toString('hex').replace('0403', '0503'), 'hex') : body,
      },
      /takes no signatures/,
      40,
    ],
  ])('%s', async (name, options, reason, alert) => {
    const stranger = name.endsWith('with another key')
      ? { signsWith: (await makeCertificate()).privateKey }
      : {};
    const wire = (await open({ ...options, ...stranger })).shake();
    expect(wire.events).toEqual([expect.stringMatching(reason)]);
    expect(wire.keys).toBeUndefined();
    expect(wire.server.alerts).toEqual([[2, alert]]);
    const sent = wire.toServer.length;
    wire.server.repeat();
    wire.pump();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([wire.toServer.length, wire.events.length]).toEqual([sent, 1]);
  });

  test('whose certificate is not the one that the SDP names, before it hears a key', async () => {
    const wire = (await open({ fingerprints: [(await clientIdentity).fingerprint] })).shake();
    expect(wire.events).toEqual([expect.stringMatching(/not the one whose fingerprint/)]);
    expect(wire.server.heard).toEqual([1]);
    expect(wire.server.alerts).toEqual([[2, 42]]);
  });

  test('that sends its messages out of turn', async () => {
    const wire = await open();
    wire.down = (datagram) => {
      const swapped = Buffer.from(datagram);
      if (swapped[13] === 11) swapped[13] = 12;
      return [swapped];
    };
    wire.shake();
    expect(wire.events).toEqual([expect.stringMatching(/message 12 .* out of turn/)]);
  });
});

describe('the order of messages', () => {
  const begun = async (): Promise<ClientHandshake> => {
    const handshake = new ClientHandshake(await clientIdentity, [(await serverIdentity).fingerprint]);
    handshake.hello();
    return handshake;
  };
  const message = (type: number, body = Buffer.alloc(0)) => ({
    type,
    body,
    messageSequence: 0,
    repeated: false,
  });

  test('nothing but a hello or a cookie comes first; a HelloRequest is passed over', async () => {
    const handshake = await begun();
    expect(handshake.take(message(0))).toBeUndefined();
    for (const type of [1, 4, 11, 12, 13, 14, 15, 16, 20, 255])
      expect(() => handshake.take(message(type))).toThrow(DtlsRefusal);
    expect(() => handshake.finish(Buffer.alloc(12))).toThrow('out of turn');
    expect(handshake.cipher).toBeUndefined();
  });

  test('a second cookie is refused: a server that never believes would be asked without end', async () => {
    const handshake = await begun();
    const wanted = Buffer.concat([writeUint16s(0xfefd), writeVector(1, Buffer.from('cookie'))]);
    expect(handshake.take(message(3, wanted))).toHaveLength(1);
    expect(() => handshake.take(message(3, wanted))).toThrow('out of turn');
  });
});
