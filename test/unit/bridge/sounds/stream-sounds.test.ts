import { expect, test } from 'vitest';
import type { SoundTapPacket } from '#src/core/media.ts';
import { soundChoices } from '#src/bridge/sounds/sound-names.ts';
import { sameSounds, StreamSounds } from '#src/bridge/sounds/stream-sounds.ts';

const nothing = { name: '', language: '' };
const choices = soundChoices([nothing, nothing, nothing], []);

function frame(sound: number, sequence: number, payload = [0xfc, 0xff, 0xfe]): SoundTapPacket {
  return {
    ...{ kind: 'audio', codec: 'opus', sound, sequence, timestamp: sequence * 960, marker: false },
    ...{ keyframe: false, payload: Uint8Array.from(payload), arrivedMs: sequence * 20 },
  };
}

test('a sound counts from its first frame on, and no more when another publisher comes', () => {
  const heard: string[] = [];
  const sounds = new StreamSounds(choices, 100, ({ index }, { timestamp }) =>
    heard.push(`${index} ${timestamp}`),
  );
  const indices = (): readonly number[] => sounds.choices.map(({ index }) => index);
  expect([indices(), sounds.complete, sounds.asides]).toEqual([[0], false, 2]);
  sounds.packets([frame(2, 5), frame(9, 5), frame(2, 6)], 0);
  expect([indices(), heard]).toEqual([
    [0, 2],
    ['2 4800', '2 5760'],
  ]);
  sounds.packets([frame(1, 5)], 0);
  expect([indices(), sounds.complete]).toEqual([[0, 1, 2], true]);
  sounds.renew();
  expect([indices(), sounds.complete]).toEqual([[0], false]);
});

test('packets are put into order, a hole is waited for, and junk is dropped', () => {
  const heard: number[] = [];
  const sounds = new StreamSounds(choices, 100, (_, { timestamp }) => heard.push(timestamp / 960));
  sounds.packets([frame(1, 5), frame(1, 7)], 100);
  sounds.packets([frame(1, 6), frame(1, 9)], 120);
  sounds.expire(150);
  expect(heard).toEqual([5, 6, 7]);
  sounds.expire(400);
  expect(heard).toEqual([5, 6, 7, 9]);
  sounds.packets([frame(1, 10, [0xff, 0xff])], 400);
  expect([heard.length, sounds.dropped]).toEqual([4, 1]);
});

test('sender reports are of the sound that they name', () => {
  const sounds = new StreamSounds(choices, 0, () => undefined);
  sounds.packets([frame(2, 5)], 0);
  sounds.clock({ sound: 2, timestamp: 4_800, ntpMs: 1_000 });
  sounds.clock({ sound: 7, timestamp: 0, ntpMs: 1 });
  expect(sounds.followers.map(({ time }) => time.reportOffsetMs)).toEqual([undefined, 900]);
});

test('lists are the same when all of it is', () => {
  expect(sameSounds(choices, soundChoices([nothing, nothing, nothing], []))).toBe(true);
  expect(sameSounds(choices, choices.slice(1))).toBe(false);
  expect(sameSounds(choices, soundChoices([nothing, { name: 'x', language: '' }, nothing], []))).toBe(false);
});
