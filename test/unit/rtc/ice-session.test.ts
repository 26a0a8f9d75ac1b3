import { expect, test } from 'vitest';

import { IceSession, newIceCredentials } from '#src/rtc/ice-session.ts';

const first = { ufrag: 'ufr1', password: 'a'.repeat(22) };
const second = { ufrag: 'ufr2', password: 'b'.repeat(22) };
const third = { ufrag: 'ufr3', password: 'c'.repeat(22) };
function fragmentOf({ ufrag, password }: { ufrag: string; password: string }): string {
  return `a=ice-ufrag:${ufrag}\r\na=ice-pwd:${password}\r\na=end-of-candidates\r\n`;
}
const stale = expect.objectContaining({ kind: 'stale', code: 'stale-etag' }) as Error;

test('credentials are 8 and 24 ice-chars and never the same', () => {
  const { ufrag, password } = newIceCredentials();
  expect(ufrag).toMatch(/^[A-Za-z0-9+/]{8}$/);
  expect(password).toMatch(/^[A-Za-z0-9+/]{24}$/);
  expect(newIceCredentials().ufrag).not.toBe(ufrag);
});

test('the entity tag is strong, quoted, and new after a restart', () => {
  const session = new IceSession(first);
  const { etag } = session;
  expect(etag).toMatch(/^"[\w-]{22}"$/);
  expect(session.restart(second)).toBe(session.etag);
  expect(session.etag).not.toBe(etag);
});

test('trickle takes the current tag, a star with or without quotes, or none; not another', () => {
  const session = new IceSession(first);
  const bare = session.etag.slice(1, -1);
  for (const tag of [
    undefined,
    '',
    '*',
    '"*"',
    session.etag,
    bare,
    `W/${session.etag}`,
    `"old", ${session.etag}`,
  ]) {
    expect(session.judge(fragmentOf(first), tag)).toEqual({ did: 'trickle' });
  }
  expect(session.judge('a=end-of-candidates\r\n', undefined)).toEqual({ did: 'trickle' });
  expect(() => session.judge(fragmentOf(first), '"old"')).toThrow(stale);
});

test('another ufrag restarts, under the same tags; judging alone changes nothing', () => {
  const session = new IceSession(first);
  for (const tag of [undefined, '*', '"*"', session.etag]) {
    expect(session.judge(fragmentOf(second), tag)).toEqual({ did: 'restart', remote: second });
  }
  expect(() => session.judge(fragmentOf(second), '"old"')).toThrow(stale);
  expect(session.judge(fragmentOf(first), session.etag)).toEqual({ did: 'trickle' });
});

const needed = expect.objectContaining({ kind: 'precondition', code: 'if-match-needed' }) as Error;

test('strictly, candidates name the current tag, and nothing else will do', () => {
  const session = new IceSession(first);
  const { etag } = session;
  for (const tag of [etag, `"old", ${etag}`])
    expect(session.judge(fragmentOf(first), tag, 'strict')).toEqual({ did: 'trickle' });
  for (const tag of ['*', '"*"', '"old"', etag.slice(1, -1), `W/${etag}`])
    expect(() => session.judge(fragmentOf(first), tag, 'strict')).toThrow(stale);
  for (const tag of [undefined, '', ' '])
    expect(() => session.judge(fragmentOf(first), tag, 'strict')).toThrow(needed);
});

test('strictly, a restart says star, with or without quotes', () => {
  const session = new IceSession(first);
  for (const tag of ['*', '"*"'])
    expect(session.judge(fragmentOf(second), tag, 'strict')).toEqual({ did: 'restart', remote: second });
  for (const tag of [session.etag, '"old"'])
    expect(() => session.judge(fragmentOf(second), tag, 'strict')).toThrow(stale);
  expect(() => session.judge(fragmentOf(second), undefined, 'strict')).toThrow(needed);
});

test('the first tag may have been told before', () => {
  expect(new IceSession(first, '"told"').etag).toBe('"told"');
});

test('a ufrag from before the last restart is stale', () => {
  const session = new IceSession(first);
  const old = session.etag;
  session.restart(second);
  expect(() => session.judge(fragmentOf(first), undefined)).toThrow(stale);
  expect(() => session.judge(fragmentOf(second), old)).toThrow(stale);
  expect(session.judge(fragmentOf(second), undefined)).toEqual({ did: 'trickle' });
  expect(session.judge(fragmentOf(third), '*')).toEqual({ did: 'restart', remote: third });
});

test('half of the credentials is malformed when they differ', () => {
  const session = new IceSession(first);
  const malformed = expect.objectContaining({ kind: 'invalid', code: 'bad-sdp-fragment' }) as Error;
  expect(() => session.judge('a=ice-ufrag:ufr2\r\n', '*')).toThrow(malformed);
  expect(() => session.judge(`a=ice-pwd:${'d'.repeat(22)}\r\n`, '*')).toThrow(malformed);
  expect(session.judge('a=ice-ufrag:ufr1\r\n', '*')).toEqual({ did: 'trickle' });
});

test('remembers a bounded number of restarts', () => {
  const session = new IceSession(first);
  for (let count = 0; count < 40; count += 1)
    session.restart({ ufrag: `u${count}xx`, password: 'e'.repeat(22) });
  expect(session.judge(fragmentOf(first), '*').did).toBe('restart');
  expect(() => session.judge(fragmentOf({ ufrag: 'u38xx', password: 'e'.repeat(22) }), '*')).toThrow(stale);
});
