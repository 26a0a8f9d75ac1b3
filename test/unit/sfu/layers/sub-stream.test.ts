import { expect, test } from 'vitest';
import { SubStream, type StreamPacket } from '#src/sfu/layers/sub-stream.ts';
import { videoSource } from '../publishing.ts';

const at = (sequence: number, more: Partial<StreamPacket> = {}): StreamPacket => {
  return { sequence, belongs: true, newest: true, marker: false, pictureId: -1, ...more };
};
const left = { belongs: false };

/** A part that somebody follows and that has just taken packet 100. */
function followed() {
  const stream = new SubStream(videoSource(), 0, 0);
  stream.source.followers = 1;
  expect(stream.take(at(100))).toBe(true);
  expect(stream.number).toBe(100);
  return stream;
}

test('what is left out leaves no hole', () => {
  const stream = followed();
  expect(stream.take(at(101, left))).toBe(false);
  expect(stream.take(at(102, left))).toBe(false);
  expect(stream.take(at(103, { marker: true }))).toBe(true);
  expect(stream.number).toBe(101);
  expect(stream.trace(101)).toEqual({ sequence: 103, marker: true, filler: false, pictureId: 0x7fff });
  expect(stream.trace(102)).toBeUndefined();
});

test('a missing packet keeps a number, and an empty one takes it when it turns out not to belong', () => {
  const stream = followed();
  stream.take(at(103));
  expect(stream.number).toBe(103);
  expect(stream.source.spoken).toBe(102);
  expect(stream.trace(101)).toBeUndefined();
  expect(stream.take(at(101, { ...left, newest: false }))).toBe(true);
  expect([stream.number, stream.filler]).toEqual([101, true]);
  expect(stream.take(at(102, { newest: false, marker: true }))).toBe(true);
  expect([stream.number, stream.filler]).toEqual([102, false]);
  expect(stream.trace(101)).toMatchObject({ sequence: 101, filler: true, marker: false });
  expect(stream.trace(102)).toMatchObject({ sequence: 102, filler: false, marker: true });
  expect(stream.take(at(102, { newest: false }))).toBe(false);
});

test('nothing is done for nobody, and numbers go on when somebody comes back', () => {
  const stream = new SubStream(videoSource(), 0, 0);
  expect(stream.take(at(100))).toBe(false);
  stream.source.followers = 1;
  expect(stream.take(at(99, { newest: false }))).toBe(false);
  expect(stream.take(at(105))).toBe(true);
  stream.source.followers = 0;
  for (let sequence = 106; sequence < 5_000; sequence += 1) expect(stream.take(at(sequence))).toBe(false);
  stream.source.followers = 1;
  const before = stream.number;
  expect(stream.take(at(5_000))).toBe(true);
  expect(stream.number).toBe(before + 1);
});

test('who left can still have what was late then', () => {
  const stream = followed();
  stream.take(at(102));
  stream.source.followers = 0;
  expect(stream.take(at(101, { newest: false }))).toBe(false);
  expect(stream.trace(101)).toMatchObject({ sequence: 101, filler: false });
});

test('after more losses than are remembered, numbers go on behind them', () => {
  const stream = followed();
  expect(stream.take(at(100_000))).toBe(true);
  expect(stream.number).toBe(100_000);
  expect(stream.trace(100)).toBeUndefined();
  expect(stream.take(at(99_999, { newest: false }))).toBe(true);
  expect(stream.number).toBe(99_999);
  expect(stream.take(at(200, { newest: false }))).toBe(false);
});

test('pictures are numbered without those that are left out', () => {
  const stream = new SubStream(videoSource(), 0, 0);
  stream.source.followers = 1;
  const ids = [7, 8, 9, 10].map((pictureId, i) => {
    stream.take(at(100 + i, { pictureId, belongs: pictureId !== 8 }));
    return stream.pictureId;
  });
  expect([ids[0], ids[2], ids[3]]).toEqual([7, 8, 9]);
});
