import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';

import { readHelloVerifyRequest, readServerHello } from '#src/rtc/dtls-hello.ts';
import { readCertificate, readCertificateRequest, readServerKeyExchange } from '#src/rtc/dtls-messages.ts';
import { DtlsRefusal } from '#src/rtc/dtls-refusal.ts';
import { splitRecords } from '#src/rtc/dtls-records.ts';
import { ClientWire } from '#test/unit/rtc/kit/client-wire.ts';

vi.setConfig({ testTimeout: 60_000 });

/** What a good server sent, and what was in it. */
let recorded: readonly Buffer[] = [];
let bodies: readonly Buffer[] = [];
beforeAll(async () => {
  using wire = (await ClientWire.open({ cookie: Buffer.alloc(20, 3) })).shake();
  expect(wire.events).toEqual(['secured']);
  recorded = wire.toClient;
  bodies = recorded
    .flatMap((datagram) => splitRecords(datagram))
    .filter(({ type, epoch }) => type === 22 && epoch === 0)
    .map(({ fragment }) => fragment.subarray(12));
});

const change = fc.record({
  at: fc.nat(2_000),
  value: fc.nat(255),
  how: fc.constantFrom('set', 'set', 'cut', 'double', 'drop'),
});

function changed(
  bytes: Buffer,
  { at, value, how }: { readonly at: number; readonly value: number; readonly how: string },
): Buffer {
  if (bytes.length === 0) return bytes;
  const index = at % bytes.length;
  if (how === 'cut') return bytes.subarray(0, index);
  if (how === 'double') return Buffer.concat([bytes.subarray(0, index), bytes]);
  if (how === 'drop') return Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + 1)]);
  const copy = Buffer.from(bytes);
  copy[index] = value;
  return copy;
}

describe('hostile DTLS servers', () => {
  it('are read or refused, never anything else', () => {
    const readers = [
      readHelloVerifyRequest,
      readServerHello,
      readCertificate,
      readServerKeyExchange,
      readCertificateRequest,
    ];
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.nat(100), fc.array(change, { maxLength: 3 }))
        .map(([which, changes]) => changes.reduce(changed, bodies[which % bodies.length] ?? Buffer.alloc(0))),
    );
    fc.assert(
      fc.property(body, (bytes) => {
        for (const read of readers) {
          try {
            read(bytes);
          } catch (error) {
            if (!(error instanceof DtlsRefusal)) throw error;
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('never make the client throw, talk without end, end twice, or call changed words secure', async () => {
    const damage = fc.array(fc.tuple(fc.nat(30), change), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(damage, fc.boolean(), async (damages, tears) => {
        using wire = await ClientWire.open({
          cookie: Buffer.alloc(20, 3),
          ...(tears && { fragmentBytes: 90 }),
        });
        let count = 0;
        let isChanged = false;
        wire.down = (datagram) => {
          const now = damages.filter(([which]) => which === count).map(([, one]) => one);
          count += 1;
          const result = now.reduce(changed, datagram);
          isChanged ||= !result.equals(datagram);
          return [result];
        };
        wire.shake();
        expect(wire.events.length).toBeLessThanOrEqual(1);
        expect(wire.toServer.length).toBeLessThan(10);
        if (wire.keys) expect(wire.keys.localKey).toEqual(wire.server.keys?.remoteKey);
        else expect(isChanged).toBe(true);
      }),
      {
        numRuns: 150,
        // Both sides hold keys, but not the same.
        examples: [
          [
            [
              [11, { at: 0, value: 0, how: 'set' }],
              [9, { at: 1_502, value: 0, how: 'set' }],
            ],
            true,
          ],
        ],
      },
    );
  });

  it('that say what another one said get nowhere', async () => {
    using wire = await ClientWire.open();
    wire.up = () => [];
    wire.client.begin();
    for (const datagram of recorded) wire.client.receive(datagram);
    expect(wire.keys).toBeUndefined();
    expect(wire.events).toEqual([expect.stringMatching(/does not hold the key/)]);
  });
});
