import { expect, test } from 'vitest';
import type { TapPacket } from '#src/core/media.ts';
import { Source, PublisherClock } from '#src/sfu/source.ts';
import { blankPacket } from '#src/media/media-packet.ts';
import { TapBatch, type TapCopy } from '#src/media/tap-batch.ts';

const format = { payloadType: 96, codec: 'h264', clockRateHz: 90_000, fmtp: '' } as const;

test('packets are copied: what was gathered lies in one buffer of its own, which is sent when it is full', () => {
  const sent: { readonly packets: readonly TapPacket[]; readonly bytes: number }[] = [];
  const batch = new TapBatch<TapCopy>((packets, { byteLength }) => sent.push({ packets, bytes: byteLength }));
  batch.flush();
  expect(sent).toEqual([]);
  const source = new Source({ layer: 0, clockRateHz: 90_000, clock: new PublisherClock() });
  const packet = blankPacket({ kind: 'video' }, source, format);
  packet.payload = new Uint8Array(100 * 1024).fill(1);
  for (const sequence of [1, 2, 3]) {
    packet.payload[0] = sequence;
    batch.add(packet, { kind: 'video', sequence, timestamp: 7 });
  }
  packet.payload.fill(9);
  expect(sent).toHaveLength(1);
  batch.flush();
  batch.flush();
  expect(sent.map(({ packets, bytes }) => [packets.map(({ sequence }) => sequence), bytes])).toEqual([
    [[1, 2], 200 * 1024],
    [[3], 100 * 1024],
  ]);
  const last = sent[1]?.packets[0];
  expect([last?.payload[0], last?.payload[1], last?.codec, last?.timestamp]).toEqual([3, 1, 'h264', 7]);
});
