import { describe, expect, test } from 'vitest';
import { h265KeyframeStart, h265Resolution } from '#src/rtp/keyframe/h265.ts';
import { hex } from '../packets.ts';

/** Parameter sets of an encoder, as it sent them: 854x480, cropped from 856. */
const vps = '40010c01ffff01600000030090000003000003005a959409';
const sps = '42010101600000030090000003000003005aa006c201e1cde595952930bc05a020000003002000000303c1';
const pps = '4401c073c189';
const length = (nal: string): string => (nal.length / 2).toString(16).padStart(4, '0');
const aggregate = (...nals: string[]): Uint8Array =>
  hex(`6001${nals.map((nal) => length(nal) + nal).join('')}`);

describe('keyframe start', () => {
  test.each([
    ['VPS', hex(vps)],
    ['SPS', hex(sps)],
    ['all parameter sets aggregated', aggregate(vps, sps, pps)],
    ['first slice of an IDR picture', hex('2801 ac211e')],
    ['first slice of a CRA picture', hex('2a01 ac211e')],
    ['first fragment of an IDR slice', hex('6201 94 ac21')],
  ])('%s', (_name, payload) => {
    expect(h265KeyframeStart(payload)).toBe(true);
  });

  test.each([
    ['PPS', hex(pps)],
    ['SEI', hex('4e01 05ff')],
    ['later slice of an IDR picture', hex('2801 2c21')],
    ['later fragment of an IDR slice', hex('6201 14 ac21')],
    ['first fragment of a predicted slice', hex('6201 81 ac21')],
    ['predicted slice', hex('0201 d009')],
    ['aggregate of predicted slices', aggregate('0201d009', '0201d009')],
  ])('not: %s', (_name, payload) => {
    expect(h265KeyframeStart(payload)).toBe(false);
  });
});

describe('resolution', () => {
  test('cropped, alone and aggregated', () => {
    expect(h265Resolution(hex(sps))).toEqual({ width: 854, height: 480 });
    expect(h265Resolution(aggregate(vps, sps, pps))).toEqual({ width: 854, height: 480 });
  });

  test('with temporal sub-layers that have profile and level of their own', () => {
    // 4 bits id, 2 sub-layers more, profile and level (12 bytes), both present twice, padding flags, then 2 x 96 bits.
    const head = `00000101`;
    const general = '0'.repeat(96);
    const subLayers = `1111${'00'.repeat(6)}${'0'.repeat(192)}`;
    // id 0, 4:2:0, 320, 180 as Exp-Golomb codes, no window, 8 bits deep twice.
    const size = `101000000000101000001000000010110101011`;
    const bits = head + general + subLayers + size;
    const bytes = bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? [];
    // Emulation prevention: every third byte behind two zeros.
    const escaped: number[] = [];
    let zeros = 0;
    for (const text of bytes) {
      const byte = Number.parseInt(text, 2);
      if (zeros === 2 && byte <= 3) {
        escaped.push(3);
        zeros = 0;
      }
      escaped.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    expect(h265Resolution(Uint8Array.of(0x42, 1, ...escaped))).toEqual({ width: 320, height: 180 });
  });

  test('a cut parameter set tells nothing', () => {
    expect(h265Resolution(hex(sps.slice(0, 30)))).toBeUndefined();
    expect(h265Resolution(hex(pps))).toBeUndefined();
  });
});
