import { expect, test } from 'vitest';

import { Failure } from '#src/core/failure.ts';
import { overflowLocation } from '#src/http/overflow.ts';

const full = new Failure('unavailable', 'rtc-full', 'no room');
const facts = {
  overflowUrl: 'https://b.example.org',
  ownUrl: 'https://a.example.org',
  path: '/whep/live',
  query: '',
};

test('a full node sends on, with path and query', () => {
  expect(overflowLocation(full, facts)).toBe('https://b.example.org/whep/live?overflow=1');
  expect(overflowLocation(full, { ...facts, query: '?a=b%20c&d' })).toBe(
    'https://b.example.org/whep/live?a=b%20c&d&overflow=1',
  );
  expect(overflowLocation(full, { ...facts, query: '?' })).toBe('https://b.example.org/whep/live?overflow=1');
  expect(overflowLocation(full, { ...facts, overflowUrl: 'https://b.example.org:8443/two//' })).toBe(
    'https://b.example.org:8443/two/whep/live?overflow=1',
  );
});

test.each(['https://a.example.org/', 'HTTPS://A.example.org', 'https://a.example.org:443'])(
  'never to itself, however it is spelt: %s',
  (overflowUrl) => {
    expect(overflowLocation(full, { ...facts, overflowUrl })).toBeUndefined();
  },
);

test('another node may share the host', () => {
  expect(overflowLocation(full, { ...facts, overflowUrl: 'https://a.example.org/second' })).toBe(
    'https://a.example.org/second/whep/live?overflow=1',
  );
});

test('nobody is sent on twice, for another reason, or to nowhere', () => {
  expect(overflowLocation(full, { ...facts, query: '?overflow=1' })).toBeUndefined();
  expect(overflowLocation(full, { ...facts, overflowUrl: undefined })).toBeUndefined();
  expect(overflowLocation(new Failure('invalid', 'bad-sdp', 'no'), facts)).toBeUndefined();
  expect(overflowLocation(new Error('a mistake'), facts)).toBeUndefined();
});
