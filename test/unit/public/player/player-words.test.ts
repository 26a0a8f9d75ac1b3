import { expect, it } from 'vitest';
import {
  failureTrouble,
  reasonSentence,
  reasonTrouble,
  troubleOf,
  tierName,
  tierTechnology,
} from '#public/player/player-words.ts';
import { SignallingError } from '#public/shared/signalling.ts';
import { otherTier } from '#public/player/tier.ts';

it('has a sentence for every reason, also for one it does not know', () => {
  expect(reasonSentence('interactive-full')).toBe('The front row is full right now.');
  expect(reasonSentence('moon-phase')).toBe('Reason: moon-phase.');
  expect([tierName('interactive'), tierTechnology('broadcast'), otherTier('broadcast')]).toEqual([
    'Front row',
    'Low-Latency HLS',
    'interactive',
  ]);
});

it.each([
  [{ status: 0, code: 'no-media-path', message: '' }, /cannot reach/, /firewall/i],
  [{ status: 422, code: 'no-common-codec', message: '' }, /decode/, /H\.264/],
  [{ status: 0, code: '', message: '' }, /cannot be reached/, /connection/],
  [{ status: 0, code: 'native-hls-token', message: '' }, /cannot show your token/, /Safari 17\.1/],
  [{ status: 403, code: '', message: '' }, /may not/, /link/],
  [{ status: 400, code: 'bad-stream-id', message: 'Too long.' }, /address/, /name/],
  [{ status: 503, code: '', message: 'Draining.' }, /problem/, /tries again/],
  [{ status: undefined, code: '', message: 'No picture came in time.' }, /could not be played/, /No picture/],
])('says what happened and what to do: %j', (facts, what, remedy) => {
  const words = failureTrouble(facts);
  expect(words.what).toMatch(what);
  expect(words.remedy).toMatch(remedy);
});

it('hands on what the gateway said, with its code, and nothing where it said nothing', () => {
  const full = new SignallingError('try the broadcast', { status: 503, code: 'interactive-full' });
  expect(troubleOf(full)).toMatchObject({
    what: 'The front row is full.',
    said: { detail: 'try the broadcast', code: 'interactive-full' },
  });
  expect(troubleOf(new Error('No picture came in time.')).said).toBeUndefined();
  expect(reasonTrouble('broadcast-unavailable').what).toMatch(/no broadcast/);
  expect(reasonTrouble('broadcast-unavailable').said).toBeUndefined();
});
