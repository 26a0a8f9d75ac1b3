import { expect, test } from 'vitest';
import { originForm, splitTarget } from '#src/hls/target.ts';

test.each([
  ['', undefined, '', '', ''],
  ['a', undefined, 'a', '', ''],
  ['a/index.m3u8', undefined, 'a', 'index.m3u8', ''],
  ['a/b/v0.m3u8?_HLS_msn=1&x=/?', undefined, 'a', 'b/v0.m3u8', '_HLS_msn=1&x=/?'],
  ['t/PASS/a/index.m3u8', 'PASS', 'a', 'index.m3u8', ''],
  ['t/PASS/a/b/v0.m3u8?q', 'PASS', 'a', 'b/v0.m3u8', 'q'],
  ['t//a/index.m3u8', '', 'a', 'index.m3u8', ''],
  // A stream called t.
  ['t', undefined, 't', '', ''],
  ['t/index.m3u8', undefined, 't', 'index.m3u8', ''],
  ['t/b/v0.m3u8', undefined, 't', 'b/v0.m3u8', ''],
  ['t/PASS/t/b/v0.m3u8', 'PASS', 't', 'b/v0.m3u8', ''],
])('%j', (target, ...[pass, name, path, query]) => {
  expect(splitTarget(target)).toEqual({ pass, name, path, query });
});

test.each([
  ['/hls/a', '/hls/a'],
  ['http://any.example/hls/a?b=http://c/d', '/hls/a?b=http://c/d'],
  ['HTTPS://[::1]:8080/hls/a', '/hls/a'],
  ['http://any.example', ''],
  ['http://any.example?/hls/a', '?/hls/a'],
  ['//any.example/hls/a', '//any.example/hls/a'],
  ['ftp://any.example/hls/a', 'ftp://any.example/hls/a'],
  ['*', '*'],
  ['', ''],
])('the origin-form of %j is %j', (target, expected) => {
  expect(originForm(target)).toBe(expected);
});
