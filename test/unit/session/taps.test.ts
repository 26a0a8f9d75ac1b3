import { expect, test } from 'vitest';
import { nextPublicationId } from '#src/core/ids.ts';
import { openTaps } from '#src/session/taps.ts';
import { FakePlane } from '#test/kit/session-fakes.ts';

test('packets are copied only while somebody listens, and only of this publication', () => {
  const plane = new FakePlane();
  const publication = nextPublicationId();
  const tapOf = openTaps(plane);
  const tap = tapOf(publication);
  const heard: number[] = [];
  const listener = { packets: () => void heard.push(1), clock: () => void heard.push(2) };
  const one = tap.listen(listener);
  const two = tapOf(publication).listen({ packets: () => undefined, clock: () => undefined });
  plane.raise({ type: 'tap', publication, packets: [] });
  plane.raise({ type: 'tap', publication: nextPublicationId(), packets: [] });
  plane.raise({ type: 'tap-clock', publication, kind: 'audio', timestamp: 1, ntpMs: 2 });
  two[Symbol.dispose]();
  one[Symbol.dispose]();
  plane.raise({ type: 'tap', publication, packets: [] });
  expect(heard).toEqual([1, 2]);
  expect(plane.commands).toEqual([
    { type: 'tap', publication, on: true },
    { type: 'tap', publication, on: false },
  ]);
});

test('simulcast layers are copied on their own, while somebody listens to them', () => {
  const plane = new FakePlane();
  const publication = nextPublicationId();
  const tap = openTaps(plane)(publication);
  const heard: string[] = [];
  const listening = tap.listenLayers({
    packets: (batch) => void heard.push(`packets ${batch.length}`),
    clock: ({ layer }) => void heard.push(`clock ${layer}`),
  });
  plane.raise({ type: 'tap-layers', publication, packets: [] });
  plane.raise({ type: 'tap-layers', publication: nextPublicationId(), packets: [] });
  plane.raise({ type: 'tap-layer-clock', publication, layer: 2, timestamp: 1, ntpMs: 2 });
  plane.raise({ type: 'tap', publication, packets: [] });
  tap.requestKeyframe();
  tap.requestKeyframe(true);
  listening[Symbol.dispose]();
  plane.raise({ type: 'tap-layers', publication, packets: [] });
  expect(heard).toEqual(['packets 0', 'clock 2']);
  expect(plane.commands).toEqual([
    { type: 'tap-layers', publication, on: true },
    { type: 'request-keyframe', publication },
    { type: 'request-keyframe', publication, everyLayer: true },
    { type: 'tap-layers', publication, on: false },
  ]);
});

test('audio tracks beside the first are copied on their own, while somebody listens to them', () => {
  const plane = new FakePlane();
  const publication = nextPublicationId();
  const heard: string[] = [];
  const listening = openTaps(plane)(publication).listenSounds({
    packets: (batch) => void heard.push(`packets ${batch.length}`),
    clock: ({ sound }) => void heard.push(`clock ${sound}`),
  });
  plane.raise({ type: 'tap-sounds', publication, packets: [] });
  plane.raise({ type: 'tap-layers', publication, packets: [] });
  plane.raise({ type: 'tap-sounds', publication: nextPublicationId(), packets: [] });
  plane.raise({ type: 'tap-sound-clock', publication, sound: 2, timestamp: 1, ntpMs: 2 });
  listening[Symbol.dispose]();
  plane.raise({ type: 'tap-sounds', publication, packets: [] });
  expect(heard).toEqual(['packets 0', 'clock 2']);
  expect(plane.commands).toEqual([
    { type: 'tap-sounds', publication, on: true },
    { type: 'tap-sounds', publication, on: false },
  ]);
});
