import { expect, test } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import { mayBeCountered, takesCounterOffers } from '#src/http/counter-offer.ts';

test.each([
  [{ 'user-agent': 'GStreamer/1.28 whepclientsrc' }, true],
  [{ 'user-agent': 'simple-whep-client' }, true],
  [{ 'user-agent': 'Mozilla/5.0 (OBS-Studio/32.2.2)' }, false],
  [{ 'user-agent': 'gstreamerish' }, false],
  [{ prefer: 'counter-offer' }, true],
  [{ prefer: 'wait=5, Counter-Offer' }, true],
  [{ prefer: 'no-counter-offer' }, false],
  [{ prefer: ['wait=5', 'counter-offer'] }, true],
  [{ accept: 'text/html, application/sdp;valid-until=*' }, true],
  [{ accept: 'application/sdp, text/plain;valid-until=1' }, false],
  [{}, false],
])('%o: %s', (headers, takes) => {
  expect(takesCounterOffers({ headers, query: {} })).toBe(takes);
});

test('a client that can send no header of its own says so in the URL', () => {
  const asked = (query: Record<string, string>): boolean => takesCounterOffers({ headers: {}, query });
  expect([asked({ 'counter-offer': '1' }), asked({ 'counter-offer': '0' }), asked({ rid: '1' })]).toEqual([
    true,
    false,
    false,
  ]);
});

test('an offer of ours heals the shape of theirs, nothing else', () => {
  for (const code of ['no-common-codec', 'no-media', 'wrong-direction', 'bundle-required', 'wrong-setup'])
    expect(mayBeCountered(new Failure('unprocessable', code, 'no'))).toBe(true);
  expect(mayBeCountered(new Failure('unprocessable', 'b-frames', 'no'))).toBe(false);
  expect(mayBeCountered(new Failure('invalid', 'bad-sdp', 'no'))).toBe(false);
  expect(mayBeCountered(new Error('no-media'))).toBe(false);
});
