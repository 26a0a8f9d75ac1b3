import { createECDH, createHmac, diffieHellman, generateKeyPairSync } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import {
  agreedSecret,
  makeEphemeralKey,
  masterSecretOf,
  namedCurve,
  RecordCipher,
  srtpKeysOf,
} from '#src/rtc/dtls-keys.ts';

const random = (count: number): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(count)));

describe('agreedSecret', () => {
  test('P-256: both sides come to the same', () => {
    const [ours, theirs] = [createECDH('prime256v1'), createECDH('prime256v1')];
    const [ourKey, theirKey] = [ours.generateKeys(), theirs.generateKeys()];
    const secret = agreedSecret(namedCurve.secp256r1, ours.getPrivateKey(), theirKey);
    expect(secret).toEqual(agreedSecret(namedCurve.secp256r1, theirs.getPrivateKey(), ourKey));
    expect(secret).toEqual(theirs.computeSecret(ourKey));
    expect(secret).toHaveLength(32);
  });

  test('X25519: raw keys agree as whole ones do', () => {
    const [ours, theirs] = [generateKeyPairSync('x25519'), generateKeyPairSync('x25519')];
    const secret = agreedSecret(
      namedCurve.x25519,
      ours.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32),
      theirs.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    );
    expect(secret).toEqual(diffieHellman({ privateKey: theirs.privateKey, publicKey: ours.publicKey }));
  });

  test.each([
    [
      'a point beside the curve',
      namedCurve.secp256r1,
      Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]),
    ],
    ['a compressed stump', namedCurve.secp256r1, Buffer.from([2, 1])],
    ['a point of small order, after which everybody knows the secret', namedCurve.x25519, Buffer.alloc(32)],
    ['a short key', namedCurve.x25519, Buffer.alloc(31, 9)],
    ['another curve', 24, Buffer.alloc(97, 4)],
  ])('refuses %s', (_, curve, publicKey) => {
    const privateKey = curve === namedCurve.secp256r1 ? Buffer.alloc(32, 1) : Buffer.alloc(32, 8);
    expect(() => agreedSecret(curve, privateKey, publicKey)).toThrow();
  });
});

test.each(Object.entries(namedCurve))('two fresh keys on %s agree', (_, curve) => {
  const [ours, theirs] = [makeEphemeralKey(curve), makeEphemeralKey(curve)];
  const secret = agreedSecret(curve, ours.privateKey, theirs.publicKey);
  expect(secret).toEqual(agreedSecret(curve, theirs.privateKey, ours.publicKey));
  expect(ours.publicKey).not.toEqual(theirs.publicKey);
  expect(() => makeEphemeralKey(24)).toThrow('never offered');
});

test('media is protected with the keys of its own side, which the other side expects', () => {
  const secrets = { masterSecret: random(48), clientRandom: random(32), serverRandom: random(32) };
  for (const profile of ['aead-aes-128-gcm', 'aes-128-cm-hmac-sha1-80'] as const) {
    const [client, server] = [srtpKeysOf(secrets, 'client', profile), srtpKeysOf(secrets, 'server', profile)];
    expect([client.localKey, client.localSalt]).toEqual([server.remoteKey, server.remoteSalt]);
    expect([client.remoteKey, client.remoteSalt]).toEqual([server.localKey, server.localSalt]);
    expect(client.localSalt).toHaveLength(profile === 'aead-aes-128-gcm' ? 12 : 14);
    expect(
      new Set([client.localKey, client.remoteKey].map((key) => Buffer.from(key).toString('hex'))).size,
    ).toBe(2);
  }
});

test('the master secret is bound to the transcript where that was agreed, else to both randoms', () => {
  const agreement = {
    preMasterSecret: Buffer.alloc(32, 1),
    clientRandom: Buffer.alloc(32, 2),
    serverRandom: Buffer.alloc(32, 3),
    transcript: undefined,
  };
  const hmac = (data: Buffer): Buffer =>
    createHmac('sha256', agreement.preMasterSecret).update(data).digest();
  const seed = Buffer.concat([Buffer.from('master secret'), agreement.clientRandom, agreement.serverRandom]);
  const first = hmac(seed);
  const expected = Buffer.concat([
    hmac(Buffer.concat([first, seed])),
    hmac(Buffer.concat([hmac(first), seed])),
  ]).subarray(0, 48);
  expect(masterSecretOf(agreement)).toEqual(expected);
  const bound = masterSecretOf({ ...agreement, transcript: Buffer.from('all messages') });
  expect(bound).toHaveLength(48);
  expect(bound).not.toEqual(expected);
  expect(bound).toEqual(
    masterSecretOf({ ...agreement, clientRandom: random(32), transcript: Buffer.from('all messages') }),
  );
});

describe('RecordCipher', () => {
  const header = { type: 23, version: 0xfefd, epoch: 1, sequenceNumber: 5 };
  const secrets = {
    masterSecret: Buffer.alloc(48, 7),
    serverRandom: Buffer.alloc(32, 1),
    clientRandom: Buffer.alloc(32, 2),
  };

  test('writes with the epoch and number in the clear, and with other keys than it reads', () => {
    const cipher = new RecordCipher(secrets, 'server');
    const fragment = cipher.seal(Buffer.from('goodbye'), header);
    expect(fragment.subarray(0, 8).toString('hex')).toBe('0001000000000005');
    expect(fragment).toHaveLength(8 + 7 + 16);
    expect(() => cipher.open(fragment, header)).toThrow();
  });

  test('what one side seals the other side opens, unless a bit of it or of its header changed', () => {
    const [server, client] = [new RecordCipher(secrets, 'server'), new RecordCipher(secrets, 'client')];
    for (const [from, to] of [
      [server, client],
      [client, server],
    ] as const) {
      const fragment = from.seal(Buffer.from('goodbye'), header);
      expect(to.open(fragment, header).toString()).toBe('goodbye');
      expect(() => to.open(fragment, { ...header, type: 22 })).toThrow();
      fragment[12] = fragment[12]! ^ 1;
      expect(() => to.open(fragment, header)).toThrow();
    }
  });

  test('refuses what is cut off', () => {
    const cipher = new RecordCipher(secrets, 'server');
    for (const bytes of [0, 7, 23, 24]) expect(() => cipher.open(random(bytes), header)).toThrow();
  });
});
