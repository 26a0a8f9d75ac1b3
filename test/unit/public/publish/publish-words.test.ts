import { expect, it } from 'vitest';
import { codecNote, publishTrouble, sourceAdvice } from '#public/publish/publish-words.ts';

it.each([
  ['NotAllowedError', 'camera', /may not use your camera/],
  ['NotAllowedError', 'screen', /may not use your screen/],
  ['NotFoundError', 'camera', /No camera/],
  ['NotReadableError', 'camera', /Another program/],
  ['SecurityError', 'camera', /secure pages/],
  ['StrangeError', 'camera', /could not be opened/],
] as const)('%s of the %s has words and a remedy', (name, kind, what) => {
  const advice = sourceAdvice(name, kind);
  expect(advice.what).toMatch(what);
  expect(advice.remedy).not.toBe('');
});

it.each([
  [{ status: 0, code: 'no-media-path', message: '' }, /no media gets through/],
  [{ status: 0, code: '', message: '' }, /cannot be reached/],
  [{ status: 401, code: '', message: '' }, /may not publish/],
  [{ status: 422, code: 'no-common-codec', message: 'x' }, /does not take/],
  [{ status: 503, code: '', message: 'x' }, /busy/],
  [{ status: undefined, code: '', message: 'x' }, /failed/],
  [{ status: 403, code: 'not-allowed', message: 'x' }, /does not let you publish/],
  [{ status: 401, code: 'token-missing', message: 'x' }, /asks for a stream key/],
])('a refusal %j has words', (facts, what) => {
  expect(publishTrouble(facts).what).toMatch(what);
});

it('says what each codec means for the viewers', () => {
  expect(codecNote('h264')).toMatch(/both tiers/);
  for (const codec of ['vp8', 'vp9', 'av1', 'h265'] as const) expect(codecNote(codec)).toMatch(/H\.264/);
});
