import { describe, expect, it } from 'vitest';
import { iceServersFromLinks, parseLinkHeader } from '#public/shared/link-header.ts';

describe('parseLinkHeader', () => {
  it('reads several lines that the browser joined with commas', () => {
    const links = parseLinkHeader(
      '<stun:s.example>; rel="ice-server", <turn:t.example:3478?transport=udp>; rel="ice-server"; username="u"; credential="c,d;e"; credential-type="password"',
    );
    expect(links.map((link) => link.target)).toEqual(['stun:s.example', 'turn:t.example:3478?transport=udp']);
    expect(links[1]?.parameters).toEqual({
      rel: 'ice-server',
      username: 'u',
      credential: 'c,d;e',
      'credential-type': 'password',
    });
  });

  it('takes unquoted values, escapes, flags and odd spacing, and the first of a doubled parameter', () => {
    const [link] = parseLinkHeader(' <https://a/b> ;REL=next ; title="a \\"b\\"" ;flag; rel=other');
    expect(link).toEqual({ target: 'https://a/b', parameters: { rel: 'next', title: 'a "b"', flag: '' } });
  });

  it('skips an entry that is no link and keeps the ones after it', () => {
    expect(parseLinkHeader('nonsense; a=b, <x>; rel=y').map((link) => link.target)).toEqual(['x']);
    expect(parseLinkHeader('just words')).toEqual([]);
    expect(parseLinkHeader('<never closed')).toEqual([]);
    expect(parseLinkHeader(null)).toEqual([]);
  });
});

describe('iceServersFromLinks', () => {
  it('keeps only STUN and TURN servers of rel="ice-server", credentials included', () => {
    const links = parseLinkHeader(
      '<turns:t.example>; rel="ice-server"; username="u"; credential="c", <https://x>; rel="ice-server", <stun:other>; rel="next", <stun:s>; rel="a ice-server"',
    );
    expect(iceServersFromLinks(links)).toEqual([
      { urls: 'turns:t.example', username: 'u', credential: 'c' },
      { urls: 'stun:s' },
    ]);
  });
});
