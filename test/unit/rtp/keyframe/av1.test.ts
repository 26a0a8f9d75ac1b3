import { describe, expect, test } from 'vitest';
import { av1KeyframeStart, av1Resolution } from '#src/rtp/keyframe/av1.ts';
import { hex } from '../packets.ts';

/** Sequence header of 320x180 as an encoder made it: with a size field (`0a0b`), and as RTP carries it, without. */
const sized = '0a0b000000043cfeccdaf90040';
const sequence = `08${sized.slice(4)}`;
const frame = '30171400a0b010db';

/** From behind the frame size to the colours: no coding tool, 8 bits, 4:2:0. */
const noTools = '0'.repeat(24);

describe('keyframe start', () => {
  test.each([
    ['N bit', `28 0c ${sequence} ${frame}`],
    ['sequence header with a length, no N bit', `00 0c ${sequence} 08 ${frame}`],
    ['behind a temporal delimiter', `00 01 10 0c ${sequence} 08 ${frame}`],
    ['sequence header alone', `10 ${sequence}`],
  ])('%s', (_name, text) => {
    expect(av1KeyframeStart(hex(text))).toBe(true);
    expect(av1Resolution(hex(text))).toEqual({ width: 320, height: 180 });
  });

  test.each([
    ['frame', `10 ${frame}`],
    ['frame behind a temporal delimiter', `00 01 10 08 ${frame}`],
    ['continued OBU', `90 ${sequence}`],
    ['length beyond the end', `00 7f ${sequence}`],
    ['length of nothing', `00 00 ${sequence}`],
    ['aggregation header alone', '08'],
  ])('not: %s', (_name, text) => {
    expect(av1KeyframeStart(hex(text))).toBe(false);
    expect(av1Resolution(hex(text))).toBeUndefined();
  });
});

test('a size field inside the OBU is passed over', () => {
  expect(av1Resolution(hex(`00 0d ${sized} 08 ${frame}`))).toEqual({ width: 320, height: 180 });
});

test('timing, decoder model and operating points are passed over', () => {
  const bits = [
    '000' + '0' + '0', // profile 0, no still picture, not reduced
    '1' + '0'.repeat(64) + '1' + '010', // timing, equal picture interval, 1 tick per picture minus 1
    '1' + '00100' + '0'.repeat(32) + '00000' + '00000', // decoder model, delays of 5 bits
    '1' + '00001', // initial display delay, 2 operating points
    '0'.repeat(12) + '01000' + '1' + '1' + '10101' + '10101' + '1' + '1' + '0001', // level 8 with a tier
    '0'.repeat(12) + '00101' + '0' + '0', // level 5 without anything
    '1000' + '0111' + '100111111' + '10110011', // 9 and 8 bits: 320x180
    noTools,
  ].join('');
  const bytes = bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? [];
  const obu = bytes.map((byte) => Number.parseInt(byte, 2));
  expect(av1Resolution(Uint8Array.of(0x18, 0x08, ...obu))).toEqual({ width: 320, height: 180 });
});

test('a reduced still picture header has no operating points', () => {
  const bits = '000' + '1' + '1' + '00101' + '1000' + '0111' + '100111111' + '10110011' + noTools;
  const bytes = bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? [];
  expect(av1Resolution(Uint8Array.of(0x18, 0x08, ...bytes.map((byte) => Number.parseInt(byte, 2))))).toEqual({
    width: 320,
    height: 180,
  });
});
