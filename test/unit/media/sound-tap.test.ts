import { expect, test } from 'vitest';
import type { SoundTapPacket } from '#src/core/media.ts';
import { PublicationRig, type TestPublisher } from './publication-rig.ts';

const codecs = ['h264', 'opus', 'opus', 'opus'] as const;

/** Twenty milliseconds of everything, each track in its own count. */
function turn(rig: PublicationRig, publisher: TestPublisher, index: number): void {
  rig.nowMs += 20;
  publisher.send('h264', index * 1_800, { key: index === 0 });
  for (const track of [1, 2, 3])
    publisher.send('opus', index * 960 + track * 100_000, { track, bytes: 40 + track });
  rig.publication.endTurn();
}

function tapped(rig: PublicationRig): readonly SoundTapPacket[] {
  return rig.events.splice(0).flatMap((event) => (event.type === 'tap-sounds' ? event.packets : []));
}

test('audio tracks beside the first come on their own while they are tapped, in their own numbers', () => {
  const rig = new PublicationRig();
  const publisher = rig.publisher(codecs);
  turn(rig, publisher, 0);
  expect(tapped(rig)).toEqual([]);
  rig.publication.tapSounds(true);
  rig.publication.tapSounds(true);
  turn(rig, publisher, 1);
  turn(rig, publisher, 2);
  expect(rig.events.filter(({ type }) => type === 'tap-sounds')).toHaveLength(2);
  const packets = tapped(rig);
  expect(packets.map(({ kind, sound }) => [kind, sound])).toEqual(
    [1, 2, 1, 2].map((sound) => ['audio', sound]),
  );
  const own = packets.filter(({ sound }) => sound === 2);
  expect(own.map(({ timestamp }) => timestamp)).toEqual([300_960, 301_920]);
  expect((own[1]?.sequence ?? 0) - (own[0]?.sequence ?? 0)).toBe(1);
  expect(own[0]?.payload).toHaveLength(43);
  rig.publication.tapSounds(false);
  turn(rig, publisher, 3);
  expect(tapped(rig)).toEqual([]);
});

test('the tap and the front row get the first alone, whichever came first', () => {
  const rig = new PublicationRig();
  const publisher = rig.publisher(codecs);
  rig.publication.tap(true);
  const viewer = rig.viewer(['h264', 'opus']);
  for (const mark of [1, 2]) publisher.send('opus', mark * 960, { track: 2, mark: 7 });
  publisher.send('opus', 0, { track: 1, mark: 3 });
  rig.publication.everySecond(rig.nowMs);
  publisher.send('opus', 2_880, { track: 3, mark: 8 });
  publisher.send('opus', 960, { track: 1, mark: 4 });
  rig.publication.endTurn();
  const sound = rig.copiesOf(viewer).filter(({ payloadType }) => payloadType === 101);
  expect(sound.map(({ mark }) => mark)).toEqual([3, 4]);
  const packets = rig.events.flatMap((event) => (event.type === 'tap' ? event.packets : []));
  expect(packets).toHaveLength(2);
});

test('the next publisher goes on in the numbers of the last', () => {
  const rig = new PublicationRig();
  rig.publication.tapSounds(true);
  turn(rig, rig.publisher(codecs), 0);
  const before = tapped(rig);
  turn(rig, rig.publisher(codecs), 900);
  const after = tapped(rig);
  expect(after).toHaveLength(2);
  for (const [index, { sequence, timestamp }] of after.entries()) {
    expect(sequence - (before[index]?.sequence ?? 0)).toBe(1);
    expect(timestamp - (before[index]?.timestamp ?? 0)).toBe(20 * 48);
  }
});

test('sender reports are told sound by sound, and those of the first are not', () => {
  const rig = new PublicationRig();
  const publisher = rig.publisher(codecs);
  rig.publication.tapSounds(true);
  publisher.report('opus', 1, 1_700_000_000_000, { track: 2 });
  turn(rig, publisher, 0);
  rig.events.splice(0);
  publisher.report('opus', 100_480, 1_700_000_000_000, { track: 1 });
  publisher.report('opus', 200_480, 1_700_000_000_000, { track: 2 });
  expect(rig.events).toMatchObject([{ type: 'tap-sound-clock', sound: 1, timestamp: 200_480 }]);
});

test('each is reported as a track of its own, which nobody watches', () => {
  const rig = new PublicationRig();
  const publisher = rig.publisher(codecs);
  rig.viewer(['h264', 'opus']);
  turn(rig, publisher, 0);
  const { tracks } = rig.publication.report();
  expect(tracks.map(({ kind, layers }) => [kind, layers.map(({ layer }) => layer)])).toEqual([
    ['video', [0]],
    ['audio', [0]],
    ['audio', [1]],
    ['audio', [2]],
  ]);
  expect(tracks.slice(2).map(({ layers }) => layers[0]?.viewers)).toEqual([0, 0]);
});
