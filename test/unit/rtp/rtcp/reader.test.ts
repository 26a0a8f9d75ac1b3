import { describe, expect, test } from 'vitest';
import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import { hex } from '../packets.ts';
import { readAll } from './recorder.ts';

const emptyReport = '80c90001 00000001';
const block = '0000000a 40fffffe 00010002 00000003 00000004 00010000';

describe('reports', () => {
  test('sender report with a block', () => {
    const { found, problem } = readAll(
      hex(`81c8000c 00000001 80000001 80000002 80000003 00000004 00000005 ${block}`),
    );
    expect(problem).toBeUndefined();
    expect(found).toEqual([
      [
        'senderReport',
        {
          ssrc: 1,
          ntpHigh: 0x80000001,
          ntpLow: 0x80000002,
          rtpTimestamp: 0x80000003,
          packets: 4,
          octets: 5,
        },
      ],
      [
        'reportBlock',
        {
          reporter: 1,
          ssrc: 10,
          fractionLost: 64,
          cumulativeLost: -2,
          highestSequence: 0x10002,
          jitter: 3,
          lastSenderReport: 4,
          delaySinceLastSenderReport: 65_536,
        },
      ],
    ]);
  });

  test('receiver report with two blocks and a profile-specific extension', () => {
    const { found, problem } = readAll(hex(`82c9000e 00000001 ${block} ${block} deadbeef`));
    expect(problem).toBeUndefined();
    expect(found.map(([name]) => name)).toEqual(['reportBlock', 'reportBlock']);
  });

  test('SDES, APP and unknown types are skipped by their length', () => {
    const { found, problem } = readAll(
      hex(
        `${emptyReport} 81ca0003 00000001 01026869 00000000 80cc0002 00000001 61626364 80d10000 81cb0001 00000009`,
      ),
    );
    expect(problem).toBeUndefined();
    expect(found).toEqual([['bye', 9]]);
  });

  test('BYE of several sources with a reason', () => {
    expect(readAll(hex('82cb0003 00000001 00000002 02686900')).found).toEqual([
      ['bye', 1],
      ['bye', 2],
    ]);
  });
});

describe('feedback', () => {
  test('NACK: PID and every bit of BLP, over the wrap', () => {
    const { found } = readAll(hex('81cd0003 00000001 00000002 ffff8003'));
    expect(found).toEqual([
      ['nack', 2, 0xffff],
      ['nack', 2, 0],
      ['nack', 2, 1],
      ['nack', 2, 15],
    ]);
  });

  test('a report behind a NACK is a report: lengths bound each packet', () => {
    const { found, problem } = readAll(hex(`81cd0003 00000001 00000002 00050000 81c90007 00000001 ${block}`));
    expect(problem).toBeUndefined();
    expect(found.map(([name]) => name)).toEqual(['nack', 'reportBlock']);
  });

  test('PLI, FIR with two entries, and foreign formats', () => {
    const { found, problem } = readAll(
      hex(
        '81ce0002 00000001 00000002 84ce0006 00000001 00000000 00000003 07000000 00000004 ff000000 83cd0002 00000001 00000002 82ce0002 00000001 00000002',
      ),
    );
    expect(problem).toBeUndefined();
    expect(found).toEqual([
      ['pli', 2],
      ['fir', 3, 7],
      ['fir', 4, 255],
    ]);
  });

  test('REMB, and application feedback that is none', () => {
    const { found, problem } = readAll(
      hex('8fce0005 00000001 00000000 52454d42 010bd090 00000007 8fce0003 00000001 00000000 41424344'),
    );
    expect(problem).toBeUndefined();
    expect(found).toEqual([['remb', 0x3d090 * 4]]);
  });

  test('transport-cc: run, one-bit and two-bit chunks, small, large and negative deltas', () => {
    const { found, problem } = readAll(
      hex('8fcd0007 00000001 00000002 ffff0006 00000107 2003 e800 04 05 06 07ff ffff 00'),
    );
    expect(problem).toBeUndefined();
    expect(found).toEqual([
      [
        'transportFeedback',
        { mediaSsrc: 2, baseSequence: 0xffff, statusCount: 6, feedbackCount: 7, referenceTimeMs: 64 },
      ],
      ['transportStatus', 0xffff, 1000],
      ['transportStatus', 0, 2250],
      ['transportStatus', 1, 3750],
      ['transportStatus', 2, 3750 + 0x07ff * 250],
      ['transportStatus', 3, 3750 + 0x07ff * 250 - 250],
      ['transportStatus', 4, undefined],
      ['transportFeedbackEnd'],
    ]);
  });

  test('transport-cc: a one-bit vector', () => {
    const { found } = readAll(hex('8fcd0005 00000001 00000002 0001000e fffffe00 9001 04 08'));
    expect(found.filter(([, , arrived]) => arrived !== undefined && typeof arrived === 'number')).toEqual([
      ['transportStatus', 2, 1000],
      ['transportStatus', 14, 3000],
    ]);
    expect(found[0]).toEqual([
      'transportFeedback',
      { mediaSsrc: 2, baseSequence: 1, statusCount: 14, feedbackCount: 0, referenceTimeMs: -128 },
    ]);
  });

  test('a visitor without handlers is no problem', () => {
    const everything = hex(
      `81cd0003 00000001 00000002 ffff8003 8fcd0005 00000001 00000002 0001000e fffffe00 9001 04 08 ${emptyReport}`,
    );
    expect(new RtcpReader().read(everything, {})).toBeUndefined();
  });
});

test('XR: receiver reference time and DLRR among other blocks (RFC 3611)', () => {
  const { found, problem } = readAll(
    hex('80cf000a 00000001 04000002 00000011 00000022 07000001 deadbeef 05000003 00000005 00000006 00000007'),
  );
  expect(problem).toBeUndefined();
  expect(found).toEqual([
    ['receiverReferenceTime', 1, 0x11, 0x22],
    ['delayReport', { reporter: 1, ssrc: 5, lastReceiverReport: 6, delaySinceLastReceiverReport: 7 }],
  ]);
});

describe('padding (RFC 3550 section 6.4.1)', () => {
  test('is no content', () => {
    const { found, problem } = readAll(hex('a1cd0004 00000001 00000002 00050000 00000004'));
    expect(problem).toBeUndefined();
    expect(found).toEqual([['nack', 2, 5]]);
  });

  test.each([
    ['of 0 bytes', 'a1cd0003 00000001 00000002 00000000'],
    ['longer than the packet', 'a1cd0003 00000001 00000002 000000ff'],
    ['of a packet without a body', 'a0c90000'],
  ])('%s is a problem', (_name, text) => {
    expect(readAll(hex(text)).problem).toBe('length');
  });
});

describe('junk stops at the first bad block and says why', () => {
  test.each([
    ['nothing', '', 'short'],
    ['half a header', '80c9', 'short'],
    ['half a header behind a good packet', `${emptyReport} 80`, 'short'],
    ['version 1', '40c90001 00000001', 'version'],
    ['length beyond the end', '80c90002 00000001', 'length'],
    ['blocks that do not fit the length', `82c90007 00000001 ${block}`, 'block'],
    ['sender report without sender information', '80c80001 00000001', 'block'],
    ['BYE of absent sources', '82cb0001 00000001', 'block'],
    ['NACK without an entry', '81cd0002 00000001 00000002', 'block'],
    ['NACK without a media source', '81cd0001 00000001', 'block'],
    ['PLI without a media source', '81ce0001 00000001', 'block'],
    ['FIR with half an entry', '84ce0003 00000001 00000000 00000003', 'block'],
    ['REMB whose sources are missing', '8fce0004 00000001 00000000 52454d42 020bd090', 'block'],
    [
      'transport-cc whose statuses do not fit',
      '8fcd0005 00000001 00000002 0001ffff 00000000 00010000',
      'block',
    ],
    [
      'transport-cc whose chunk covers nothing',
      '8fcd0005 00000001 00000002 00010001 00000000 00000000',
      'block',
    ],
    [
      'transport-cc whose deltas are missing',
      '8fcd0005 00000001 00000002 00010010 00000000 20100000',
      'block',
    ],
    ['XR block beyond the end', '80cf0002 00000001 04000002', 'block'],
    ['XR reference time cut short', '80cf0003 00000001 04000001 00000000', 'block'],
  ])('%s', (_name, text, problem) => {
    const { found, problem: told } = readAll(hex(text));
    expect(told).toBe(problem);
    // Whoever waits for the end of feedback must not take half of one for the whole.
    expect(found.map(([name]) => name)).not.toContain('transportFeedbackEnd');
  });

  test('what came before it was handed over', () => {
    const { found, problem } = readAll(hex('81ce0002 00000001 00000002 81cd0002 00000001 00000002'));
    expect(found).toEqual([['pli', 2]]);
    expect(problem).toBe('block');
  });
});
