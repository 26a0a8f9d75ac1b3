import { expect, test } from 'vitest';
import { feed } from '#src/bridge/feed.ts';
import { Timeline } from '#src/bridge/timeline.ts';
import { SideSound } from '#src/bridge/sounds/side-sound.ts';
import { heard, led, picture } from './kept-units.ts';

type Written = readonly [string, number];

/** An epoch that notes what it is given, and a timeline that has begun with picture 30. */
function target(fromMs?: number) {
  const written: Written[] = [];
  const timeline = new Timeline({ video: 90_000, audio: 48_000 });
  for (let number = 0; number <= 31; number += 1) timeline.observe(picture(number));
  const { unit } = heard(1_033);
  timeline.observe(unit);
  timeline.begin(picture(30));
  const note = (what: string, timeMs: number): boolean => written.push([what, Math.round(timeMs)]) > 0;
  const epoch = {
    write: ({ kind }: { kind: string }, timeMs: number) => note(kind, timeMs),
    writeBeside: (layer: number, { timeMs }: { timeMs: number }) => void note(`layer ${layer}`, timeMs),
    writeSound: (index: number, { timeMs }: { timeMs: number }) => void note(`sound ${index}`, timeMs),
  };
  return { written, to: { epoch, timeline, nowMs: 0, ...(fromMs !== undefined && { fromMs }) } };
}

test('every kind of unit goes to its place', () => {
  const { written, to } = target();
  const sound = new SideSound(2, 0, () => undefined);
  const frame = heard(1_020).unit;
  sound.follower.time.observe(frame.timestamp, frame.arrivedMs);
  feed(led(31), to);
  feed(heard(1_033), to);
  feed({ of: 'layer', layer: 1, unit: picture(31) }, to);
  feed({ of: 'sound', sound, unit: frame }, to);
  expect(written).toEqual([
    ['video', 33],
    ['audio', 33],
    ['layer 1', 33],
    ['sound 2', 20],
  ]);
});

test('pictures that are given again are squeezed, sound is not', () => {
  const { written, to } = target(-1_000);
  feed(led(0, { keyframe: true }), to);
  feed(led(15), to);
  feed({ of: 'layer', layer: 1, unit: picture(15) }, to);
  feed(heard(500), to);
  feed(led(30), to);
  expect(written).toEqual([
    ['video', 0],
    ['video', 5],
    ['layer 1', 5],
    ['audio', -500],
    ['video', 0],
  ]);
});

test('tells what went back, and that nothing was refused where there is no epoch', () => {
  const { to } = target();
  expect(feed(led(31), to)).toEqual({ written: true, backwards: false });
  expect(feed(led(30), to)).toEqual({ written: true, backwards: true });
  expect(feed(led(31), { ...to, epoch: undefined })).toEqual({ written: true, backwards: false });
});
