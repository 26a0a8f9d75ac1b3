import { afterEach, expect, test, vi } from 'vitest';

import type { SrtpKeys } from '#src/core/plane.ts';
import { makeCertificate, type GatewayCertificate } from '#src/rtc/certificate.ts';
import { DtlsServerSession } from '#src/rtc/dtls-server.ts';
import type { Fingerprint } from '#src/rtc/offer.ts';
import { TestDtlsClient, type ClientOptions } from './kit/dtls-client.ts';

// Handshakes are real cryptography; a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

type Carry = (datagram: Buffer) => readonly Buffer[];
const asIs: Carry = (datagram) => [datagram];

/** Server and client with a wire between them that a test may tamper with. */
class Wire {
  readonly events: string[] = [];
  readonly toServer: Buffer[] = [];
  readonly toClient: Buffer[] = [];
  readonly keys = Promise.withResolvers<SrtpKeys>();
  readonly over = Promise.withResolvers<string>();
  up: Carry = asIs;
  down: Carry = asIs;
  client!: TestDtlsClient;
  server!: DtlsServerSession;

  static async open(
    options: ClientOptions & { readonly fingerprints?: readonly Fingerprint[] } = {},
  ): Promise<Wire> {
    const wire = new Wire();
    wire.client = await TestDtlsClient.make((datagram) => {
      for (const one of wire.up(datagram)) {
        wire.toServer.push(one);
        setImmediate(() => wire.server.receive(one));
      }
    }, options);
    wire.server = new DtlsServerSession(await identity, options.fingerprints ?? [wire.client.fingerprint], {
      send: (datagram) => {
        for (const one of wire.down(Buffer.from(datagram))) {
          wire.toClient.push(one);
          setImmediate(() => wire.client.receive(one));
        }
      },
      secured: (keys) => {
        wire.events.push('secured');
        wire.keys.resolve(keys);
      },
      failed: (error) => {
        wire.events.push('failed');
        wire.over.resolve(error.message);
      },
      closed: () => {
        wire.events.push('closed');
        wire.over.resolve('closed');
      },
    });
    open.push(wire);
    return wire;
  }
}

const identity: Promise<GatewayCertificate> = makeCertificate();
const open: Wire[] = [];
afterEach(() => {
  for (const wire of open.splice(0)) {
    wire.client.stop();
    wire.server[Symbol.dispose]();
  }
});

/** Splits the only record of a datagram into handshake fragments, one datagram each. */
function fragmented(datagram: Buffer, pieces: number): readonly Buffer[] {
  const body = datagram.subarray(25);
  const step = Math.ceil(body.length / pieces);
  return Array.from({ length: pieces }, (_, index) => {
    const part = body.subarray(index * step, (index + 1) * step);
    const head = Buffer.from(datagram.subarray(0, 25));
    head.writeUInt8(index, 10);
    head.writeUInt16BE(part.length + 12, 11);
    head.writeUIntBE(index * step, 19, 3);
    head.writeUIntBE(part.length, 22, 3);
    return Buffer.concat([head, part]);
  });
}
const isClear = (datagram: Buffer): boolean => datagram.readUInt8(0) === 22 && datagram.readUInt16BE(3) === 0;
const messageType = (datagram: Buffer): number => (isClear(datagram) ? datagram.readUInt8(13) : -1);

test.each([
  { profiles: [7, 1] as const, name: 'aead-aes-128-gcm', lengths: [16, 12] },
  { profiles: [1, 7] as const, name: 'aead-aes-128-gcm', lengths: [16, 12] },
  { profiles: [1] as const, name: 'aes-128-cm-hmac-sha1-80', lengths: [16, 14] },
])(
  'a client that offers $profiles gets $name and the same keys on both sides',
  async ({ profiles, name, lengths }) => {
    const wire = await Wire.open({ profiles });
    wire.client.begin();
    const [server, client] = await Promise.all([wire.keys.promise, wire.client.connected]);
    expect(server.profile).toBe(name);
    expect([server.localKey.length, server.localSalt.length]).toEqual(lengths);
    expect(Buffer.from(server.localKey)).toEqual(client.remoteKey);
    expect(Buffer.from(server.localSalt)).toEqual(client.remoteSalt);
    expect(Buffer.from(server.remoteKey)).toEqual(client.localKey);
    expect(Buffer.from(server.remoteSalt)).toEqual(client.localSalt);
    expect(wire.events).toEqual(['secured']);
  },
);

test('hellos in fragments, in any order and with repeats, are put together', async () => {
  const wire = await Wire.open();
  wire.up = (datagram) => {
    if (messageType(datagram) !== 1) return [datagram];
    const [first, second, third] = fragmented(datagram, 3) as [Buffer, Buffer, Buffer];
    return [third, first, third, second];
  };
  wire.client.begin();
  await wire.client.connected;
  expect((await wire.keys.promise).profile).toBe('aead-aes-128-gcm');
});

test("the client's last flight may arrive backwards, Finished first", async () => {
  const wire = await Wire.open();
  const held: Buffer[] = [];
  wire.up = (datagram) => {
    if (messageType(datagram) === 1) return [datagram];
    held.push(datagram);
    // Certificate, ClientKeyExchange, CertificateVerify, ChangeCipherSpec, Finished, in one or more datagrams.
    const isFinished = datagram.readUInt16BE(3) === 1;
    return isFinished ? held.splice(0).reverse() : [];
  };
  wire.client.begin();
  await wire.client.connected;
  await wire.keys.promise;
  expect(wire.events).toEqual(['secured']);
});

test('a client that missed our Finished repeats its flight and is answered again', async () => {
  const wire = await Wire.open();
  let lost = 0;
  wire.down = (datagram) => {
    if (datagram.readUInt16BE(3) === 0) return [datagram];
    lost += 1;
    return lost === 1 ? [] : [datagram];
  };
  wire.client.begin();
  await wire.keys.promise;
  const finished = wire.toServer.filter((datagram) => datagram.readUInt16BE(3) === 1);
  expect(finished).toHaveLength(1);
  for (const datagram of finished) wire.server.receive(datagram);
  await wire.client.connected;
  expect(wire.events).toEqual(['secured']);
});

test('a certificate other than the one in the SDP is refused', async () => {
  const stranger = await makeCertificate();
  const wire = await Wire.open({ fingerprints: [stranger.fingerprint] });
  wire.client.begin();
  expect(await wire.over.promise).toContain('not the one whose fingerprint the SDP names');
  expect(wire.events).toEqual(['failed']);
});

test('the right certificate without its key is refused', async () => {
  const wire = await Wire.open({ signsWith: await makeCertificate() });
  wire.client.begin();
  expect(await wire.over.promise).toContain('does not hold the key of its certificate');
  expect(wire.events).toEqual(['failed']);
});

test('a forged Finished and a hello that restarts are ignored, in the clear', async () => {
  const wire = await Wire.open();
  wire.up = (datagram) => {
    if (messageType(datagram) !== 11) return [datagram];
    const forged = Buffer.alloc(25 + 12);
    forged.writeUInt8(22, 0);
    forged.writeUInt16BE(0xfefd, 1);
    forged.writeUInt16BE(24, 11);
    forged.writeUInt8(20, 13);
    forged.writeUIntBE(12, 14, 3);
    forged.writeUIntBE(12, 22, 3);
    return [forged, wire.toServer[0] ?? forged, datagram];
  };
  wire.client.begin();
  await wire.client.connected;
  expect(wire.events).toEqual(['secured']);
});

test('a fatal alert during the handshake ends it with a reason; one in the clear after it is ignored', async () => {
  const wire = await Wire.open();
  wire.server.receive(Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40]));
  expect(await wire.over.promise).toContain('fatal alert 40');

  const other = await Wire.open();
  other.client.begin();
  await Promise.all([other.keys.promise, other.client.connected]);
  other.server.receive(Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40]));
  other.server.receive(Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0]));
  const forged = other.client.alert(1, 0);
  forged.writeUInt8(forged.readUInt8(20) ^ 1, 20);
  other.server.receive(forged);
  expect(other.events).toEqual(['secured']);
});

test("the client's goodbye closes, ours reaches the client", async () => {
  const wire = await Wire.open();
  wire.client.begin();
  await Promise.all([wire.keys.promise, wire.client.connected]);
  wire.server.receive(wire.client.alert(1, 0));
  expect(await wire.over.promise).toBe('closed');
  expect(wire.events).toEqual(['secured', 'closed']);

  const other = await Wire.open();
  other.client.begin();
  await Promise.all([other.keys.promise, other.client.connected]);
  other.server[Symbol.dispose]();
  const goodbye = other.toClient.at(-1);
  expect(goodbye?.readUInt8(0)).toBe(21);
  await new Promise((resolve) => setImmediate(resolve));
  expect(other.client.goodbyes).toBe(1);
  const sent = other.toClient.length;
  other.server[Symbol.dispose]();
  other.server.receive(other.toServer[0] ?? Buffer.alloc(0));
  expect(other.toClient).toHaveLength(sent);
});

test('junk never throws, and no more hellos are answered than a client needs', async () => {
  const wire = await Wire.open();
  wire.server.receive(new Uint8Array());
  wire.server.receive(Buffer.from([22, 0xfe, 0xfd, 0, 0, 0]));
  for (let size = 0; size < 60; size += 1) wire.server.receive(Buffer.alloc(size, 22));
  let hello: Buffer = Buffer.alloc(0);
  wire.up = (datagram) => {
    hello = datagram;
    return [];
  };
  wire.client.begin();
  await new Promise((resolve) => setImmediate(resolve));
  for (let count = 0; count < 40; count += 1) wire.server.receive(hello);
  expect(wire.toClient.length).toBeGreaterThan(0);
  expect(wire.toClient.length).toBeLessThanOrEqual(16);
});

test('damaged handshakes end or stall, never throw, and end at most once', async () => {
  const good = await Wire.open();
  good.client.begin();
  await good.client.connected;
  const recorded = good.toServer;
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 60; round += 1) {
    const wire = await Wire.open({ identity: await identity });
    wire.up = () => [];
    for (const original of [...recorded, ...recorded]) {
      const datagram = Buffer.from(
        original.subarray(0, random(4) === 0 ? random(original.length) : original.length),
      );
      for (let hits = random(4); hits > 0 && datagram.length > 0; hits -= 1)
        datagram[random(datagram.length)] = random(256);
      wire.server.receive(datagram);
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(wire.events.length).toBeLessThanOrEqual(1);
    expect(wire.events).not.toContain('secured');
    wire.server[Symbol.dispose]();
  }
});

test('a connected client may not renegotiate, not even encrypted', async () => {
  const wire = await Wire.open();
  wire.client.begin();
  await Promise.all([wire.keys.promise, wire.client.connected]);
  const sent = wire.toClient.length;
  wire.server.receive(wire.client.encrypted(22, (wire.toServer[0] ?? Buffer.alloc(0)).subarray(13)));
  await new Promise((resolve) => setImmediate(resolve));
  expect(wire.toClient).toHaveLength(sent);
  expect(wire.events).toEqual(['secured']);
});
