import { expect, test } from 'vitest';
import { bytesOf, depacketise, packet } from '../units.ts';

// 320x180 and 640x360 constrained baseline, and a PPS.
const sps = [...Buffer.from('6742c00dda05067e7c04400000030040000f23c50aa8', 'hex')];
const sps2 = [...Buffer.from('6742c01eda02802f97011000000300100000030', 'hex'), 0xf0, 0xf1, 0x62, 0xea];
const pps = [0x68, 0xce, 0x0f, 0xc8];
const idr = [0x65, 0x88, 1, 2, 3];
const idrSecondSlice = [0x65, 0x42, 4, 5];
const slice = [0x41, 0x9a, 6, 7];

function sized(...nals: readonly (readonly number[])[]): number[] {
  return nals.flatMap((nal) => [0, 0, 0, nal.length, ...nal]);
}

test('parameter sets, SEI and slices in packets of their own make one sample without the sets', () => {
  const sei = [0x06, 5, 1, 0, 0x80];
  const filler = [0x0c, 0xff, 0xff, 0x80];
  const delimiter = [0x09, 0xf0];
  const { units } = depacketise('h264', [
    packet(1, 0, delimiter),
    packet(2, 0, sps),
    packet(3, 0, pps),
    packet(4, 0, sei),
    packet(5, 0, idr),
    packet(6, 0, idrSecondSlice),
    packet(7, 0, filler, true),
    packet(8, 3000, slice, true),
  ]);
  expect(units.map((unit) => unit.keyframe)).toEqual([true, false]);
  expect(bytesOf(units[0])).toEqual(sized(sei, idr, idrSecondSlice));
  expect(units[0]?.config).toMatchObject({ width: 320, height: 180 });
  expect([...(units[0]?.config?.codecPrivate ?? [])]).toEqual([
    ...[1, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0, sps.length, ...sps, 1, 0, pps.length, ...pps],
  ]);
});

test('aggregates and fragments are taken apart and put together', () => {
  const stapA = [0x78, 0, sps.length, ...sps, 0, pps.length, ...pps];
  const { units } = depacketise('h264', [
    packet(1, 0, stapA),
    packet(2, 0, [0x7c, 0x85, 0x88, 1]),
    packet(3, 0, [0x7c, 0x05, 2]),
    packet(4, 0, [0x7c, 0x45, 3], true),
  ]);
  expect(bytesOf(units[0])).toEqual(sized(idr));
});

test('a changed timestamp ends a unit whose marker never came', () => {
  const packets = [packet(1, 0, sps), packet(2, 0, pps), packet(3, 0, idr), packet(4, 3000, slice, true)];
  expect(depacketise('h264', packets).units.map((unit) => unit.timestamp)).toEqual([0, 3000]);
});

test('sprop-parameter-sets serve when the stream carries none', () => {
  const sprop = [sps, pps].map((nal) => Buffer.from(nal).toString('base64')).join(',');
  const fmtp = `packetization-mode=1;sprop-parameter-sets=${sprop}`;
  expect(depacketise('h264', [packet(1, 0, idr, true)]).units).toEqual([]);
  expect(depacketise('h264', [packet(1, 0, idr, true)], fmtp).units[0]?.config).toMatchObject({ width: 320 });
});

test('a new SPS comes with the next keyframe as a new configuration', () => {
  const { units } = depacketise('h264', [
    packet(1, 0, sps),
    packet(2, 0, pps),
    packet(3, 0, idr, true),
    packet(4, 3000, sps2),
    packet(5, 3000, pps),
    packet(6, 3000, idr, true),
  ]);
  expect(units.map((unit) => unit.config?.codecPrivate.length)).toEqual([
    6 + 2 + sps.length + 1 + 2 + pps.length,
    6 + 2 + sps2.length + 1 + 2 + pps.length,
  ]);
});

test('pictures that use new parameter sets without a keyframe are held back until one', () => {
  const otherPps = [0x68, 0xde, 0x0f, 0xc8];
  const { units, damaged } = depacketise('h264', [
    ...[packet(1, 0, sps), packet(2, 0, pps), packet(3, 0, idr, true)],
    ...[packet(4, 3000, otherPps), packet(5, 3000, slice, true), packet(6, 6000, slice, true)],
    packet(7, 9000, idr, true),
  ]);
  expect(units.map((unit) => unit.timestamp)).toEqual([0, 9000]);
  expect(damaged).toBeGreaterThan(0);
});

test('junk damages its unit only', () => {
  const { units } = depacketise('h264', [
    ...[packet(1, 0, sps), packet(2, 0, pps), packet(3, 0, idr, true)],
    ...[packet(4, 3000, [0x78, 0, 200, 1], true), packet(5, 6000, slice, true)],
    packet(6, 9000, idr, true),
  ]);
  expect(units.map((unit) => unit.timestamp)).toEqual([0, 9000]);
});
