import { expect, test } from 'vitest';
import type { LayerTapPacket } from '#src/core/media.ts';
import { PublicationRig, type TestPublisher } from './publication-rig.ts';

const rids = ['f', 'h', 'q'];

function layered(rig: PublicationRig): TestPublisher {
  return rig.publisher(['h264', 'opus'], rids);
}

/** One picture of every layer, each in its own count. */
function picture(rig: PublicationRig, publisher: TestPublisher, index: number, key = false): void {
  rig.nowMs += 33;
  for (const [layer, rid] of rids.entries())
    publisher.send('h264', index * 3_000 + layer * 1_000_000, { rid, key, bytes: 50 + layer });
  publisher.send('opus', index * 960);
  rig.publication.endTurn();
}

function tapped(rig: PublicationRig): readonly LayerTapPacket[] {
  return rig.events.splice(0).flatMap((event) => (event.type === 'tap-layers' ? event.packets : []));
}

test('each layer comes on its own, from its keyframe on, in its own timestamps, once a turn', () => {
  const rig = new PublicationRig();
  const publisher = layered(rig);
  picture(rig, publisher, 0, true);
  expect(tapped(rig)).toEqual([]);
  rig.publication.tapLayers(true);
  rig.publication.tapLayers(true);
  picture(rig, publisher, 1);
  expect(tapped(rig)).toEqual([]);
  picture(rig, publisher, 2, true);
  picture(rig, publisher, 3);
  expect(rig.events.filter(({ type }) => type === 'tap-layers')).toHaveLength(2);
  const packets = tapped(rig);
  expect(packets.map(({ layer, keyframe }) => [layer, keyframe])).toEqual([
    ...[0, 1, 2].map((layer) => [layer, true]),
    ...[0, 1, 2].map((layer) => [layer, false]),
  ]);
  for (const layer of [0, 1, 2]) {
    const own = packets.filter((packet) => packet.layer === layer);
    expect(own.map(({ timestamp }) => timestamp)).toEqual([6_000, 9_000].map((at) => at + layer * 1_000_000));
    expect((own[1]?.sequence ?? 0) - (own[0]?.sequence ?? 0)).toBe(1);
    expect(own.map(({ payload }) => payload.length)).toEqual([50 + layer, 50 + layer]);
  }
  rig.publication.tapLayers(false);
  picture(rig, publisher, 4, true);
  expect(tapped(rig)).toEqual([]);
});

test('the next publisher goes on in the numbers of the last', () => {
  const rig = new PublicationRig();
  const first = layered(rig);
  rig.publication.tapLayers(true);
  picture(rig, first, 0, true);
  const before = tapped(rig);
  const second = layered(rig);
  picture(rig, second, 500);
  expect(tapped(rig)).toEqual([]);
  picture(rig, second, 501, true);
  const after = tapped(rig);
  expect(after).toHaveLength(3);
  for (const [index, { sequence, timestamp }] of after.entries()) {
    expect(sequence - (before[index]?.sequence ?? 0)).toBe(1);
    expect(timestamp - (before[index]?.timestamp ?? 0)).toBe(66 * 90);
  }
});

test('sender reports are told layer by layer', () => {
  const rig = new PublicationRig();
  const publisher = layered(rig);
  rig.publication.tapLayers(true);
  publisher.report('h264', 1, 1_700_000_000_000, { rid: 'h' });
  picture(rig, publisher, 0, true);
  rig.events.length = 0;
  publisher.report('h264', 1_000_500, 1_700_000_000_000, { rid: 'h' });
  const [event] = rig.events;
  expect(event).toMatchObject({ type: 'tap-layer-clock', layer: 1, timestamp: 1_000_500 });
  expect(event?.type === 'tap-layer-clock' ? event.ntpMs : 0).toBeCloseTo(1_700_000_000_000, 0);
  expect(rig.events).toHaveLength(1);
});

test('keyframes of all layers are asked for: for the tap to begin, and when they are wished', () => {
  const rig = new PublicationRig();
  const publisher = layered(rig);
  const asked = (): number => {
    let named = 0;
    rig.rtcpOf(publisher.peer, { pli: () => (named += 1) });
    return named;
  };
  rig.publication.tapLayers(true);
  picture(rig, publisher, 0);
  rig.pass(600);
  expect(asked()).toBe(3);
  picture(rig, publisher, 1, true);
  rig.pass(2_000);
  asked();
  rig.publication.requestKeyframe();
  rig.pass(600);
  expect(asked()).toBe(1);
  picture(rig, publisher, 2, true);
  rig.publication.requestKeyframe(true);
  rig.pass(600);
  expect(asked()).toBe(3);
});
