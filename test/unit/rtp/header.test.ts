import { describe, expect, test } from 'vitest';
import { classify, isRtcp, RtpHeader, writeRtpHeader } from '#src/rtp/header.ts';
import { hex } from './packets.ts';

const plain = hex('80 e0 1234 89abcdef 01020304 aabb');

describe('classify (RFC 7983, RFC 5761)', () => {
  const long = (first: number, second: number): Uint8Array =>
    Uint8Array.of(first, second, ...new Array<number>(18).fill(0));
  test.each([
    [0, 0, 'stun'],
    [3, 0, 'stun'],
    [4, 0, undefined],
    [16, 0, undefined],
    [20, 0, 'dtls'],
    [63, 0, 'dtls'],
    [64, 0, undefined],
    [127, 0, undefined],
    [128, 96, 'rtp'],
    [191, 0xe0, 'rtp'],
    [128, 0x80 | 63, 'rtp'],
    [128, 200, 'rtcp'],
    [128, 207, 'rtcp'],
    [128, 223, 'rtcp'],
    [128, 224, 'rtp'],
    [192, 0, undefined],
  ])('first byte %i, second byte %i: %s', (first, second, kind) => {
    expect(classify(long(first, second))).toBe(kind);
  });

  test('datagrams too short for their kind are nothing', () => {
    expect(classify(new Uint8Array(0))).toBeUndefined();
    expect(classify(Uint8Array.of(128))).toBeUndefined();
    expect(classify(Uint8Array.of(128, 200, 0, 1))).toBeUndefined();
    expect(classify(plain.subarray(0, 11))).toBeUndefined();
  });

  test('a marker bit on a dynamic payload type is no RTCP', () => {
    expect(isRtcp(Uint8Array.of(128, 0x80 | 96))).toBe(false);
    expect(isRtcp(Uint8Array.of(128, 201))).toBe(true);
  });
});

describe('RtpHeader', () => {
  test('reads the fixed fields', () => {
    const header = new RtpHeader();
    expect(header.parse(plain)).toBe(true);
    expect(header).toMatchObject({
      payloadType: 96,
      marker: true,
      sequence: 0x1234,
      timestamp: 0x89abcdef,
      ssrc: 0x01020304,
      csrcCount: 0,
      headerBytes: 12,
      payloadBytes: 2,
      hasExtension: false,
    });
    expect([...header.payload(plain)]).toEqual([0xaa, 0xbb]);
    expect(header.extensionBlock(plain)).toHaveLength(0);
  });

  test('finds payload and extension behind CSRCs, and leaves padding out', () => {
    const packet = hex('b1 60 0001 00000002 00000003 deadbeef bede0001 10ff0000 aabbcc 00 02');
    const header = new RtpHeader();
    expect(header.parse(packet)).toBe(true);
    expect(header).toMatchObject({
      csrcCount: 1,
      hasExtension: true,
      extensionProfile: 0xbede,
      extensionOffset: 20,
      extensionBytes: 4,
      headerBytes: 24,
      paddingBytes: 2,
      payloadBytes: 3,
    });
    expect(header.extensionBlock(packet)).toEqual(hex('bede0001 10ff0000'));
    expect([...header.payload(packet)]).toEqual([0xaa, 0xbb, 0xcc]);
  });

  test('nothing of the last packet is left in the next', () => {
    const header = new RtpHeader();
    header.parse(hex('b1 60 0001 00000002 00000003 deadbeef bede0001 10ff0000 aabbcc 00 02'));
    expect(header.parse(plain)).toBe(true);
    expect(header).toMatchObject({
      hasExtension: false,
      extensionBytes: 0,
      extensionProfile: 0,
      paddingBytes: 0,
    });
  });

  test.each([
    ['version 1', '40 60 0001 00000002 00000003'],
    ['eleven bytes', '80 60 0001 00000002 000000'],
    ['CSRCs beyond the end', '8f 60 0001 00000002 00000003 deadbeef'],
    ['extension head cut', '90 60 0001 00000002 00000003 bede'],
    ['extension beyond the end', '90 60 0001 00000002 00000003 bede0002 10ff0000'],
    ['padding of 0', 'a0 60 0001 00000002 00000003 aa00'],
    ['padding beyond the payload', 'a0 60 0001 00000002 00000003 aa03'],
    ['padding bit without a byte', 'a0 60 0001 00000002 00000003'],
  ])('refuses %s', (_name, text) => {
    expect(new RtpHeader().parse(hex(text))).toBe(false);
  });

  test('a protected packet is parsed without its padding, which is still encrypted', () => {
    const header = new RtpHeader();
    expect(header.parseHeader(hex('a0 60 0001 00000002 00000003 aaff'))).toBe(true);
    expect(header.headerBytes).toBe(12);
  });

  test('a packet of padding alone has an empty payload', () => {
    const header = new RtpHeader();
    const packet = hex('a0 60 0001 00000002 00000003 000003');
    expect(header.parse(packet)).toBe(true);
    expect(header.payloadBytes).toBe(0);
    expect(header.payload(packet)).toHaveLength(0);
  });
});

test('a written header is parsed back, extended sequence cut to 16 bits', () => {
  const into = new Uint8Array(40);
  const block = hex('bede0001 10ff0000');
  const fields = {
    payloadType: 111,
    marker: true,
    sequence: 0x5_fffe,
    timestamp: 0xfffffffe,
    ssrc: 0x80000001,
  };
  expect(writeRtpHeader(into, fields, block)).toBe(20);
  const header = new RtpHeader();
  expect(header.parse(into.subarray(0, 22))).toBe(true);
  expect(header).toMatchObject({ ...fields, sequence: 0xfffe, headerBytes: 20, payloadBytes: 2 });
  expect(header.extensionBlock(into)).toEqual(block);
});
