import { describe, expect, test } from 'vitest';
import { TransportArrivals } from '#src/rtp/rtcp/transport-arrivals.ts';
import type { ReportBlock } from '#src/rtp/rtcp/types.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';
import { hex } from '../packets.ts';
import { readAll } from './recorder.ts';

const senderReport = {
  ssrc: 7,
  ntpHigh: 0x80000001,
  ntpLow: 2,
  rtpTimestamp: 0xfffffffe,
  packets: 4,
  octets: 5,
};
const block: ReportBlock = {
  reporter: 1,
  ssrc: 10,
  fractionLost: 64,
  cumulativeLost: -2,
  highestSequence: 0xfff0_0002,
  jitter: 3,
  lastSenderReport: 0xfedc_ba98,
  delaySinceLastSenderReport: 5,
};

function written(write: (writer: RtcpWriter) => void): Uint8Array {
  const writer = new RtcpWriter(1, 'hi');
  writer.begin();
  write(writer);
  return writer.end();
}

describe('a compound (RFC 3550 section 6.1)', () => {
  test('begins with an empty receiver report and the CNAME when there is nothing to report', () => {
    expect(written(() => undefined)).toEqual(hex('80c90001 00000001 81ca0003 00000001 01026869 00000000'));
  });

  test('or with a sender report, the CNAME being that of its source', () => {
    const writer = new RtcpWriter(1, 'abc');
    writer.begin({ senderReport, blocks: [block] });
    const bytes = writer.end();
    expect([bytes[0], bytes[1]]).toEqual([0x81, 200]);
    expect(bytes.subarray(52)).toEqual(hex('81ca0003 00000007 0103616263 000000'));
    expect(readAll(bytes)).toEqual({
      problem: undefined,
      found: [
        ['senderReport', senderReport],
        ['reportBlock', { ...block, reporter: 7 }],
      ],
    });
  });

  test('nothing of the one before is left in it', () => {
    const writer = new RtcpWriter(1, 'hi');
    writer.begin({ senderReport, blocks: [block, block] });
    writer.pli(9);
    writer.begin();
    expect(writer.end()).toEqual(written(() => undefined));
  });

  test('speaks for both tracks of a viewer', () => {
    const bytes = written((writer) => {
      expect(writer.senderReport(senderReport)).toBe(true);
      expect(writer.senderReport({ ...senderReport, ssrc: 8 })).toBe(true);
    });
    expect(readAll(bytes).found.map(([, report]) => (report as { ssrc: number }).ssrc)).toEqual([7, 8]);
  });

  test('at most 31 blocks, and a CNAME of at most 255 bytes', () => {
    const writer = new RtcpWriter(1, 'c'.repeat(300));
    writer.begin({ blocks: Array.from({ length: 40 }, () => block) });
    const { found, problem } = readAll(writer.end());
    expect(problem).toBeUndefined();
    expect(found).toHaveLength(31);
    expect(writer.end().length % 4).toBe(0);
  });

  test('losses beyond 24 bits are cut', () => {
    const writer = new RtcpWriter(1, 'x');
    writer.begin({
      blocks: [
        { ...block, cumulativeLost: 1e9 },
        { ...block, cumulativeLost: -1e9 },
      ],
    });
    const lost = readAll(writer.end()).found.map(([, read]) => (read as ReportBlock).cumulativeLost);
    expect(lost).toEqual([0x7f_ffff, -0x80_0000]);
  });
});

describe('feedback', () => {
  test('NACK packs 17 numbers into one entry, over the wrap', () => {
    const bytes = written((writer) =>
      expect(writer.nack(2, [65_535, 65_536, 65_551, 65_552, 70_000])).toBe(true),
    );
    expect(bytes.subarray(24)).toEqual(hex('81cd0005 00000001 00000002 ffff8001 00100000 11700000'));
  });

  test('nothing to ask for is nothing written', () => {
    expect(written((writer) => expect(writer.nack(2, [])).toBe(true))).toHaveLength(24);
  });

  test('PLI, FIR and BYE', () => {
    const bytes = written((writer) => {
      writer.pli(2);
      writer.fir(3, 256 + 7);
      writer.bye(4);
    });
    expect(readAll(bytes).found).toEqual([
      ['pli', 2],
      ['fir', 3, 7],
      ['bye', 4],
    ]);
  });

  test.each([
    [0, 0],
    [262_143, 262_143],
    [1_000_000, 1_000_000],
    [20_000_001, 20_000_000],
    [-5, 0],
  ])('REMB of %i bit/s is read as %i', (bitrateBps, read) => {
    const bytes = written((writer) => writer.remb(bitrateBps, [8, 9]));
    expect(readAll(bytes).found).toEqual([['remb', read]]);
    expect(bytes.subarray(-8)).toEqual(hex('00000008 00000009'));
  });

  test('DLRR', () => {
    const report = { reporter: 1, ssrc: 2, lastReceiverReport: 3, delaySinceLastReceiverReport: 4 };
    expect(readAll(written((writer) => writer.delayReport(report))).found).toEqual([['delayReport', report]]);
  });

  test('receiver reference time', () => {
    const { found } = readAll(written((writer) => writer.receiverReferenceTime(7, 0xffff_fff0)));
    expect(found).toEqual([['receiverReferenceTime', 1, 7, 0xffff_fff0]]);
  });

  test('transport-cc only when something arrived', () => {
    const arrivals = new TransportArrivals();
    expect(written((writer) => expect(writer.transportFeedback(2, arrivals)).toBe(false))).toHaveLength(24);
    arrivals.record(5, 6400);
    const { found } = readAll(written((writer) => expect(writer.transportFeedback(2, arrivals)).toBe(true)));
    expect(found).toEqual([
      [
        'transportFeedback',
        { mediaSsrc: 2, baseSequence: 5, statusCount: 1, feedbackCount: 0, referenceTimeMs: 6400 },
      ],
      ['transportStatus', 5, 0],
      ['transportFeedbackEnd'],
    ]);
  });
});

test('what does not fit is refused, and the compound stays valid', () => {
  const writer = new RtcpWriter(1, 'hi');
  writer.begin();
  const far = Array.from({ length: 1000 }, (_, i) => 65_536 + 100 * i);
  expect(writer.nack(2, far)).toBe(false);
  expect(writer.pli(2)).toBe(false);
  expect(writer.fir(2, 1)).toBe(false);
  expect(writer.remb(1, [1])).toBe(false);
  expect(writer.bye(2)).toBe(false);
  expect(writer.senderReport(senderReport)).toBe(false);
  expect(writer.receiverReferenceTime(1, 2)).toBe(false);
  const { found, problem } = readAll(writer.end());
  expect(problem).toBeUndefined();
  expect(found).toHaveLength((1200 - 24 - 12) / 4);
  expect(writer.end()).toHaveLength(1200);
});
