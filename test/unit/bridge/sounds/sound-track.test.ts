import { expect, test } from 'vitest';
import { opusConfig } from '#src/bridge/depacketise/opus.ts';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { matroskaBlock } from '#src/bridge/matroska.ts';
import { SoundTrack } from '#src/bridge/sounds/sound-track.ts';

const chunk = Uint8Array.of(0xfc, 1, 2);
const unit: AccessUnit = {
  ...{ kind: 'audio', timestamp: 0, arrivedMs: 0, keyframe: true },
  ...{ chunks: [chunk], sizeBytes: 3, config: opusConfig },
};
const silence = { keyframe: true, chunks: [Uint8Array.of(0xfc, 0xff, 0xfe)], sizeBytes: 3 };

test('frames are blocks of its track, and their times rise', () => {
  const track = new SoundTrack(5, 0);
  expect(track.takes(unit, 40, 0)).toBe(true);
  expect(track.block(unit, 40)).toEqual(matroskaBlock(5, 40, unit));
  expect(track.block(unit, 39)).not.toEqual(matroskaBlock(5, 39, unit));
});

test('while nothing comes it goes on in silence, whose place late frames do not take', () => {
  const track = new SoundTrack(3, 0);
  track.takes(unit, 0, 0);
  expect(track.fill(100, 100)).toEqual([]);
  const filled = track.fill(500, 500);
  expect(filled).toHaveLength(24);
  expect(filled[0]).toEqual(matroskaBlock(3, 20, silence));
  expect(track.takes(unit, 200, 500)).toBe(false);
  expect(track.takes(unit, 500, 510)).toBe(true);
});

test('several begin at the same instant, whenever their first frames come', () => {
  for (const [atMs, frames] of [
    [0, 1],
    [15, 1],
    [45, 2],
    [160, 8],
  ] as const) {
    const track = new SoundTrack(2, 0);
    const lead = track.begin(atMs);
    expect([atMs, lead.length]).toEqual([atMs, frames]);
    expect(lead[0]).toEqual(matroskaBlock(2, 0, silence));
    expect(track.takes(unit, atMs, 0)).toBe(atMs >= 10);
    expect(track.begin(atMs + 20)).toEqual([]);
  }
});

test('what was silent from the beginning has begun', () => {
  const track = new SoundTrack(2, 0);
  expect(track.fill(500, 500)).toHaveLength(25);
  expect(track.begin(505)).toEqual([]);
});
