import { describe, expect, test } from 'vitest';
import { passCookie, type PassCookiePlace, passesInCookies } from '#src/http/pass-cookie.ts';

const pass = { folder: 'a', path: 'p', cookie: 'c.o.o.kie', untilMs: 600_000 };
const place = (more: Partial<PassCookiePlace> = {}): PassCookiePlace => ({
  folder: new URL('https://live.example.org/hls/a/'),
  server: new URL('https://live.example.org'),
  domain: undefined,
  sameSite: 'lax',
  ...more,
});

describe('a cookie with a pass', () => {
  test('goes to the files of its stream alone, over https, and is hidden from scripts', () => {
    expect(passCookie(pass, place(), 500)).toBe(
      '__Secure-frontrow=c.o.o.kie; Path=/hls/a; Max-Age=599; HttpOnly; Secure; SameSite=Lax',
    );
  });

  test('is a plain one without https', () => {
    const server = new URL('http://127.0.0.1:8080');
    const folder = new URL('http://127.0.0.1:8080/hls/a/');
    expect(passCookie(pass, place({ folder, server }), 0)).toBe(
      'frontrow=c.o.o.kie; Path=/hls/a; Max-Age=600; HttpOnly; SameSite=Lax',
    );
    expect(passCookie(pass, place({ folder, server, sameSite: 'none' }), 0)).toBeUndefined();
  });

  test('is for the whole site where the settings name it, and reaches a CDN below it', () => {
    const folder = new URL('https://cdn.example.org/tv/hls/a/');
    expect(passCookie(pass, place({ folder }), 0)).toBeUndefined();
    expect(passCookie(pass, place({ folder, domain: 'example.org', sameSite: 'none' }), 0)).toBe(
      '__Secure-frontrow=c.o.o.kie; Path=/tv/hls/a; Domain=example.org; Max-Age=600; HttpOnly; Secure; SameSite=None',
    );
    expect(passCookie(pass, place({ folder, domain: 'elsewhere.org' }), 0)).toBeUndefined();
    expect(passCookie(pass, place({ folder, domain: 'ample.org' }), 0)).toBeUndefined();
  });
});

test.each([
  [undefined, []],
  ['', []],
  ['a=b', []],
  ['frontrow', []],
  ['frontrow=x', ['x']],
  ['a=frontrow; frontrow=x;__Secure-frontrow=y ; Xfrontrow=z', ['x', 'y']],
  [Array.from({ length: 500 }, (_one, index) => `frontrow=${index}`).join(';'), ['0', '1', '2', '3']],
])('the passes of %j', (header, passes) => {
  expect(passesInCookies(header)).toEqual(passes);
});
