import { expect, it } from 'vitest';
import { StallWatch } from '#public/player/stall-watch.ts';

it('tells a pause from a stall, asks at a pace, and gives up in the end', () => {
  const watch = new StallWatch();
  expect(watch.look(1, 0, 'interactive')).toBe('playing');
  expect(watch.look(2, 500, 'interactive')).toBe('playing');
  expect(watch.look(2, 2_000, 'interactive')).toBe('fine');
  expect(watch.look(2, 2_500, 'interactive')).toBe('ask');
  expect(watch.look(2, 3_000, 'interactive')).toBe('stalled');
  expect(watch.look(2, 4_500, 'interactive')).toBe('ask');
  expect(watch.beyondHope(9_500)).toBe(false);
  expect(watch.beyondHope(9_501)).toBe(true);
  expect(watch.look(3, 10_000, 'interactive')).toBe('playing');
});

it('gives HLS more time, and starts over for another playback', () => {
  const watch = new StallWatch();
  watch.look(1, 0, 'broadcast');
  expect(watch.look(1, 2_500, 'broadcast')).toBe('fine');
  expect(watch.look(1, 3_000, 'broadcast')).toBe('ask');
  watch.reset();
  expect(watch.look(1, 3_100, 'broadcast')).toBe('playing');
});
