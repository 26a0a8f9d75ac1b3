import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import { TransportArrivals } from '#src/rtp/rtcp/transport-arrivals.ts';
import type { ReportBlock, RtcpVisitor, SenderReport } from '#src/rtp/rtcp/types.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const senderReports = fc.record<SenderReport>({
  ssrc: uint32,
  ntpHigh: uint32,
  ntpLow: uint32,
  rtpTimestamp: uint32,
  packets: uint32,
  octets: uint32,
});
const blocks = fc.record<ReportBlock>({
  reporter: fc.constant(0),
  ssrc: uint32,
  fractionLost: fc.integer({ min: 0, max: 255 }),
  cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highestSequence: uint32,
  jitter: uint32,
  lastSenderReport: uint32,
  delaySinceLastSenderReport: uint32,
});

function read(writer: RtcpWriter, visitor: RtcpVisitor): void {
  expect(writer.end().length % 4).toBe(0);
  expect(new RtcpReader().read(writer.end(), visitor)).toBeUndefined();
}

test('reports come back as they were written, whatever the CNAME', () => {
  const heads = fc.record({
    senderReport: fc.option(senderReports, { nil: undefined }),
    blocks: fc.array(blocks, { maxLength: 31 }),
  });
  fc.assert(
    fc.property(uint32, fc.string({ maxLength: 60 }), heads, (ssrc, cname, head) => {
      const writer = new RtcpWriter(ssrc, cname);
      writer.begin(head);
      const senders: SenderReport[] = [];
      const reported: ReportBlock[] = [];
      read(writer, {
        senderReport: (report) => senders.push({ ...report }),
        reportBlock: (block) => reported.push({ ...block }),
      });
      const reporter = head.senderReport?.ssrc ?? ssrc;
      expect(senders).toEqual(head.senderReport === undefined ? [] : [head.senderReport]);
      expect(reported).toEqual(head.blocks.map((block) => ({ ...block, reporter })));
    }),
  );
});

test('a NACK asks for exactly the packets named, in their order', () => {
  const sequences = fc
    .tuple(
      fc.integer({ min: 65_536, max: 200_000 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 150 }),
    )
    .map(([first, steps]) =>
      steps.map(
        (
          (at) => (step: number) =>
            (at += step)
        )(first),
      ),
    );
  fc.assert(
    fc.property(uint32, sequences, (mediaSsrc, wanted) => {
      const writer = new RtcpWriter(1, 'c');
      writer.begin();
      expect(writer.nack(mediaSsrc, wanted)).toBe(true);
      const asked: number[] = [];
      read(writer, {
        nack: (ssrc, sequence) => {
          expect(ssrc).toBe(mediaSsrc);
          asked.push(sequence);
        },
      });
      expect(asked).toEqual(wanted.map((sequence) => sequence & 0xffff));
    }),
  );
});

test('REMB keeps a bitrate to one part in 100,000, never above', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (bitrateBps) => {
      const writer = new RtcpWriter(1, 'c');
      writer.begin();
      writer.remb(bitrateBps, [1]);
      let told = -1;
      read(writer, { remb: (bps) => (told = bps) });
      expect(told).toBeLessThanOrEqual(bitrateBps);
      expect(told).toBeGreaterThanOrEqual(bitrateBps * (1 - 1e-5));
    }),
  );
});

test('transport-cc feedback says of every packet when it came, to an eighth of a millisecond, or that it did not', () => {
  const packets = fc.array(
    fc.record({
      lost: fc.boolean(),
      gap: fc.integer({ min: 1, max: 3 }),
      waitMs: fc.double({ min: -20, max: 400, noNaN: true }),
    }),
    { minLength: 1, maxLength: 120 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), packets, (first, sent) => {
      const arrivals = new TransportArrivals();
      const came = new Map<number, number>();
      let sequence = first;
      let nowMs = 1_000_000;
      for (const packet of sent) {
        sequence += packet.gap;
        nowMs += packet.waitMs;
        if (packet.lost) continue;
        came.set(sequence & 0xffff, nowMs);
        arrivals.record(sequence & 0xffff, nowMs);
      }
      const told = new Map<number, number>();
      let referenceMs = 0;
      for (let message = 0; arrivals.pending && message < 200; message += 1) {
        const writer = new RtcpWriter(1, 'c');
        writer.begin();
        expect(writer.transportFeedback(2, arrivals)).toBe(true);
        read(writer, {
          transportFeedback: (head) => (referenceMs = head.referenceTimeMs),
          transportStatus: (status, arrivedUs) => {
            if (arrivedUs !== undefined) told.set(status, referenceMs + arrivedUs / 1000);
          },
        });
      }
      expect([...told.keys()].sort()).toEqual([...came.keys()].sort());
      for (const [status, arrivedMs] of told)
        expect(Math.abs(arrivedMs - came.get(status)!)).toBeLessThanOrEqual(0.126);
    }),
  );
});
