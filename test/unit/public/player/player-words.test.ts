import { expect, it } from 'vitest';
import { failureWords, reasonSentence, tierName, tierTechnology } from '#public/player/player-words.ts';
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
  [{ status: 200, code: 'interactive-full', message: '' }, /full/, /broadcast/],
  [{ status: 200, code: 'broadcast-unavailable', message: '' }, /no broadcast/, /changes over/],
  [{ status: 0, code: '', message: '' }, /cannot be reached/, /connection/],
  [{ status: 403, code: '', message: '' }, /may not/, /link/],
  [{ status: 400, code: 'bad-stream-id', message: 'Too long.' }, /address/, /Too long\./],
  [{ status: 503, code: '', message: 'Draining.' }, /problem/, /Draining\./],
  [{ status: undefined, code: '', message: 'No picture came in time.' }, /could not be played/, /No picture/],
])('says what happened and what to do: %j', (facts, what, remedy) => {
  const words = failureWords(facts);
  expect(words.what).toMatch(what);
  expect(words.remedy).toMatch(remedy);
});
