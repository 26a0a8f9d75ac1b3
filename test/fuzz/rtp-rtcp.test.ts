import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import type { RtcpVisitor } from '#src/rtp/rtcp/types.ts';
import { hex } from '../unit/rtp/packets.ts';
import { mutated } from './rtp-mutations.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

const samples = [
  hex(
    '81c8000c 00000001 80000001 80000002 80000003 00000004 00000005 0000000a 40fffffe 00010002 00000003 00000004 00010000 81ca0003 00000001 01026869 00000000',
  ),
  hex('80c90001 00000001 81cd0003 00000001 00000002 ffff8003 81ce0002 00000001 00000002'),
  hex('84ce0006 00000001 00000000 00000003 07000000 00000004 ff000000 82cb0003 00000001 00000002 02686900'),
  hex('8fce0005 00000001 00000000 52454d42 010bd090 00000007'),
  hex('8fcd0007 00000001 00000002 ffff0006 00000107 2003e800 04050607 ffffff00'),
  hex('80cf000a 00000001 04000002 00000011 00000022 07000001 deadbeef 05000003 00000005 00000006 00000007'),
  hex('a1cd0004 00000001 00000002 00050000 00000004'),
];

/** Most calls that one packet can cause: a run of lost statuses is the cheapest way. */
const callsPerPacket = 4100;
/** Least bytes of a packet that causes them. */
const packetBytes = 24;

test('reading junk never throws, stays within bounds and hands over numbers of the right size', () => {
  let calls = 0;
  const count = (bits: number) => (value: number | undefined) => {
    calls += 1;
    if (value !== undefined && !(value >= 0 && value < 2 ** bits))
      throw new RangeError(`${value} has not ${bits} bits`);
  };
  const ssrc = count(32);
  const visitor: RtcpVisitor = {
    senderReport: (report) => ssrc(report.ssrc),
    reportBlock: (block) => ssrc(block.ssrc),
    bye: ssrc,
    nack: (media, sequence) => {
      ssrc(media);
      count(16)(sequence);
    },
    pli: ssrc,
    fir: ssrc,
    remb: count(82),
    transportFeedback: (head) => count(16)(head.statusCount),
    transportStatus: count(16),
    transportFeedbackEnd: () => {
      calls += 1;
    },
    receiverReferenceTime: ssrc,
    delayReport: (report) => ssrc(report.ssrc),
  };
  const reader = new RtcpReader();
  const problems = new Set<string | undefined>();
  fc.assert(
    fc.property(mutated(samples), (datagram) => {
      calls = 0;
      problems.add(reader.read(datagram, visitor));
      expect(calls).toBeLessThanOrEqual(callsPerPacket * Math.ceil(datagram.length / packetBytes));
    }),
    { numRuns: 8000 },
  );
  // The mutations reach every way a reading can end.
  expect([...problems].sort()).toEqual(['block', 'length', 'short', 'version', undefined]);
});
