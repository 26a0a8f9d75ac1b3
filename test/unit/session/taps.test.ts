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
