import { describe, expect, test, vi } from 'vitest';

import { fingerprintOf } from '#src/rtc/dtls-proof.ts';
import { namedCurve } from '#src/rtc/dtls-keys.ts';
import { splitRecords } from '#src/rtc/dtls-records.ts';
import { clientWires, serverIdentity, type WireOptions } from './kit/client-wire.ts';
import { makeRsaIdentity } from './kit/scripted-server.ts';

vi.setConfig({ testTimeout: 30_000 });
const { open } = clientWires();

/** Contents of the records that the client sent, as [epoch, content type]. */
const recordsOf = (datagrams: readonly Buffer[]): readonly (readonly [number, number])[] =>
  datagrams.flatMap((datagram) => splitRecords(datagram).map(({ epoch, type }) => [epoch, type] as const));
const sequencesOf = (datagrams: readonly Buffer[], epoch: number): readonly number[] =>
  datagrams.flatMap((datagram) =>
    splitRecords(datagram)
      .filter((record) => record.epoch === epoch)
      .map(({ sequence }) => sequence),
  );

describe('a handshake ends with the same keys on both sides', () => {
  test.each<[string, WireOptions]>([
    ['a plain server', {}],
    ['one that wants a cookie', { cookie: Buffer.alloc(20, 5) }],
    ['one that wants the longest cookie', { cookie: Buffer.alloc(255, 5) }],
    ['one that does not ask who we are', { asks: false }],
    ['one with P-256', { curve: namedCurve.secp256r1 }],
    ['one that knows nothing of the extended master secret', { extendedMasterSecret: false }],
    ['one that takes the older SRTP profile', { profile: 1 }],
    ['one that tears its messages apart', { fragmentBytes: 40, cookie: Buffer.alloc(60, 1) }],
  ])('with %s', async (_, options) => {
    const wire = (await open(options)).shake();
    expect(wire.events).toEqual(['secured']);
    const [ours, theirs] = [wire.keys!, wire.server.keys!];
    expect(ours.profile).toBe(options.profile === 1 ? 'aes-128-cm-hmac-sha1-80' : 'aead-aes-128-gcm');
    expect([ours.localKey, ours.localSalt]).toEqual([theirs.remoteKey, theirs.remoteSalt]);
    expect([ours.remoteKey, ours.remoteSalt]).toEqual([theirs.localKey, theirs.localSalt]);
    expect(wire.server.finishedMatched).toBe(true);
    expect(wire.server.provedPossession).toBe(options.asks === false ? undefined : true);
    const hellos = options.cookie ? [1, 1] : [1];
    expect(wire.server.heard).toEqual([...hellos, ...(options.asks === false ? [16] : [11, 16, 15]), 20]);
  });

  test('with an RSA certificate', async () => {
    const wire = (await open({ identity: await makeRsaIdentity() })).shake();
    expect(wire.events).toEqual(['secured']);
    expect(wire.keys!.localKey).toEqual(wire.server.keys!.remoteKey);
  });

  test('with a fingerprint of another strength', async () => {
    const { der } = await serverIdentity;
    const fingerprints = [{ algorithm: 'sha-512', value: fingerprintOf(der, 'sha-512') } as const];
    expect((await open({ fingerprints })).shake().events).toEqual(['secured']);
  });

  test('whatever the order of its datagrams', async () => {
    const wire = await open({ fragmentBytes: 100 });
    const held: Buffer[] = [];
    wire.down = (datagram) => {
      held.push(datagram);
      return [];
    };
    wire.shake();
    wire.down = (datagram) => [datagram];
    for (const datagram of held.reverse()) {
      wire.client.receive(datagram);
      wire.client.receive(datagram);
    }
    wire.pump();
    expect(wire.events).toEqual(['secured']);
  });
});

test('nothing is said before the other side is reachable, and nothing that comes before is heard', async () => {
  const wire = await open();
  wire.client.receive(Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40]));
  await vi.advanceTimersByTimeAsync(60_000);
  expect([wire.toServer, wire.events]).toEqual([[], []]);
  wire.shake();
  wire.client.begin();
  expect(wire.events).toEqual(['secured']);
  expect(wire.server.hellos).toHaveLength(1);
});

test('both hellos are the same but for the cookie', async () => {
  const cookie = Buffer.from('a cookie');
  const wire = (await open({ cookie })).shake();
  const [first, second] = wire.server.hellos as [Buffer, Buffer];
  expect(second.subarray(0, 35)).toEqual(first.subarray(0, 35));
  expect(second.subarray(35 + 1 + cookie.length)).toEqual(first.subarray(36));
  expect(second.subarray(36, 36 + cookie.length)).toEqual(cookie);
});

describe('what gets lost is sent again', () => {
  test('a hello: after a quarter of a second, then after longer and longer, and not without end', async () => {
    const wire = await open();
    const sentAtMs: number[] = [];
    const beganMs = Date.now();
    wire.up = () => {
      sentAtMs.push(Date.now() - beganMs);
      return [];
    };
    wire.client.begin();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sentAtMs.slice(0, 6)).toEqual([0, 250, 750, 1_750, 3_750, 5_750]);
    expect(sentAtMs).toHaveLength(10);
  });

  test.each(['the first hello', 'the answer to it', 'our last flight', 'the last answer'])(
    '%s',
    async (what) => {
      const wire = await open();
      const [lostUp, lostDown] = [what === 'the first hello' ? 1 : 0, what === 'the answer to it' ? 1 : 0];
      const lose = (from: 'up' | 'down', times: number, when: () => boolean): void => {
        let left = times;
        wire[from] = (datagram) => (when() && left-- > 0 ? [] : [datagram]);
      };
      lose(
        'up',
        what === 'our last flight' ? 1 : lostUp,
        () => what !== 'our last flight' || wire.toServer.length > 0,
      );
      const wholeAnswer = lostDown * 5;
      if (what === 'the last answer') lose('down', 2, () => wire.server.keys !== undefined);
      else lose('down', wholeAnswer, () => true);
      wire.shake();
      expect(wire.events).toEqual([]);
      // The server of this test does not repeat by itself; it answers what it hears again.
      for (let turn = 0; turn < 3 && wire.events.length === 0; turn += 1) {
        await vi.advanceTimersByTimeAsync(300);
        wire.pump();
        if (what === 'the answer to it' || what === 'the last answer') wire.server.repeat();
        wire.pump();
      }
      expect(wire.events).toEqual(['secured']);
      expect(wire.keys!.localKey).toEqual(wire.server.keys!.remoteKey);
    },
  );

  test('with new record numbers each time, and the same messages', async () => {
    const wire = await open();
    wire.up = (datagram) => (wire.toServer.length === 0 ? [datagram] : []);
    wire.shake();
    const lost: Buffer[] = [];
    wire.up = (datagram) => {
      lost.push(datagram);
      return [];
    };
    await vi.advanceTimersByTimeAsync(2_000);
    expect(lost.length).toBeGreaterThan(2);
    const [clear, sealed] = [sequencesOf(lost, 0), sequencesOf(lost, 1)];
    expect(new Set(clear).size).toBe(clear.length);
    expect(new Set(sealed).size).toBe(sealed.length);
    expect(sealed.length).toBe(lost.length);
  });

  test('at once when the server repeats itself, but no more than once in a while', async () => {
    const wire = await open();
    let ours = 0;
    wire.up = (datagram) => {
      if (wire.toServer.length === 0) return [datagram];
      ours += 1;
      return [];
    };
    wire.shake();
    expect(ours).toBe(1);
    for (let count = 0; count < 20; count += 1) wire.server.repeat();
    wire.pump();
    expect(ours).toBe(2);
    await vi.advanceTimersByTimeAsync(260);
    for (let count = 0; count < 20; count += 1) wire.server.repeat();
    wire.pump();
    expect(ours).toBe(4);
  });

  test('in datagrams that every path carries', async () => {
    const wire = (await open({ cookie: Buffer.alloc(255) })).shake();
    expect(Math.max(...wire.toServer.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    expect(recordsOf(wire.toServer).filter(([epoch]) => epoch === 1)).toEqual([[1, 22]]);
  });
});

describe('what comes in between', () => {
  test('a fatal alert ends the handshake with its number, a warning does not', async () => {
    const wire = await open();
    wire.client.begin();
    wire.server.alert(1, 90);
    wire.server.alert(2, 40);
    wire.pump();
    expect(wire.events).toEqual([expect.stringMatching(/fatal alert 40/)]);
  });

  test('a goodbye before the end is one too', async () => {
    const wire = await open();
    wire.client.begin();
    wire.server.alert(1, 0);
    wire.pump();
    expect(wire.events).toEqual([expect.stringMatching(/said goodbye/)]);
  });

  test('junk, forged records, and whatever is in the clear once there are keys change nothing', async () => {
    const wire = await open();
    wire.client.begin();
    for (let size = 0; size < 60; size += 1) wire.client.receive(Buffer.alloc(size, 22));
    wire.pump();
    const clear = (type: number, ...content: readonly number[]): Buffer =>
      Buffer.from([type, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, content.length, ...content]);
    wire.client.receive(clear(21, 2, 40));
    wire.client.receive(clear(21, 1, 0));
    wire.client.receive(clear(22, 20, 0, 0, 12, 0, 9, 0, 0, 0, 0, 0, 12, ...Buffer.alloc(12)));
    const forged = Buffer.from(wire.toClient.at(-1)!);
    forged[forged.length - 1] = forged.at(-1)! ^ 1;
    wire.client.receive(forged);
    wire.server.repeat();
    wire.server.protectedRecord(23, Buffer.from('application data'));
    // HelloRequest: we do not negotiate again.
    wire.server.protectedRecord(22, Buffer.alloc(12));
    wire.pump();
    expect(wire.events).toEqual(['secured']);
  });

  test('Finished in the clear is not believed', async () => {
    const wire = await open();
    wire.up = (datagram) => (wire.toServer.length === 0 ? [datagram] : []);
    wire.shake();
    const finished = Buffer.from([
      22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 24, 20, 0, 0, 12, 0, 5, 0, 0, 0, 0, 0, 12,
    ]);
    wire.client.receive(Buffer.concat([finished, Buffer.alloc(12)]));
    expect(wire.events).toEqual([expect.stringMatching(/message 20 .* out of turn/)]);
    expect(wire.keys).toBeUndefined();
  });
});

test("the server's goodbye closes, ours reaches the server, and nothing follows", async () => {
  const wire = (await open()).shake();
  wire.server.alert(1, 0);
  wire.pump();
  expect(wire.events).toEqual(['secured', 'closed']);

  const other = (await open()).shake();
  other.client[Symbol.dispose]();
  other.client[Symbol.dispose]();
  other.pump();
  expect(other.server.alerts).toEqual([[1, 0]]);
  other.server.alert(1, 0);
  other.pump();
  expect(other.events).toEqual(['secured']);
});
