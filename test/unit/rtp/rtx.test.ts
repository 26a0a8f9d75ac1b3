import { describe, expect, test } from 'vitest';
import { RtpHeader } from '#src/rtp/header.ts';
import { unwrapRtx, wrapRtx } from '#src/rtp/rtx.ts';
import { hex } from './packets.ts';

const header = { payloadType: 97, marker: true, sequence: 5, timestamp: 0xfffffff0, ssrc: 0xdeadbeef };

describe('RTX (RFC 4588 section 4)', () => {
  test('the original number stands in front of the payload', () => {
    const into = new Uint8Array(64);
    const bytes = wrapRtx(into, {
      header,
      originalSequence: 0x1_abcd,
      extensions: hex('bede0001 10ff0000'),
      payload: hex('112233'),
    });
    expect(into.subarray(0, bytes)).toEqual(hex('90e10005 fffffff0 deadbeef bede0001 10ff0000 abcd 112233'));
  });

  test('unwrapped, it is the original packet', () => {
    const into = new Uint8Array(64);
    const bytes = wrapRtx(into, {
      header,
      originalSequence: 0xabcd,
      extensions: new Uint8Array(0),
      payload: hex('112233'),
    });
    const packet = into.subarray(0, bytes);
    const parsed = new RtpHeader();
    expect(parsed.parse(packet)).toBe(true);
    expect(unwrapRtx(packet, parsed, { ssrc: 7, payloadType: 96 })).toBe(true);
    expect(parsed).toMatchObject({
      sequence: 0xabcd,
      ssrc: 7,
      payloadType: 96,
      timestamp: 0xfffffff0,
      marker: true,
    });
    expect(parsed.payload(packet)).toEqual(hex('112233'));
  });

  test('a packet that does not fit is not written', () => {
    const packet = {
      header,
      originalSequence: 1,
      extensions: new Uint8Array(0),
      payload: new Uint8Array(50),
    };
    expect(wrapRtx(new Uint8Array(63), packet)).toBe(0);
    expect(wrapRtx(new Uint8Array(64), packet)).toBe(64);
  });

  test.each([
    ['no number', '80 61 0005 00000000 00000001'],
    ['half a number', '80 61 0005 00000000 00000001 ab'],
    ['a number and no payload', '80 61 0005 00000000 00000001 abcd'],
    ['padding alone', 'a0 61 0005 00000000 00000001 00000003'],
  ])('a probe with %s carries nothing', (_name, text) => {
    const packet = hex(text);
    const parsed = new RtpHeader();
    parsed.parse(packet);
    expect(unwrapRtx(packet, parsed, { ssrc: 1, payloadType: 1 })).toBe(false);
  });
});
