import { expect, it } from 'vitest';
import { isStreamName, streamInPath } from '#public/shared/stream-name.ts';

it('finds a valid stream name in the path and nothing else', () => {
  expect(streamInPath('/watch/lecture-1.b')).toBe('lecture-1.b');
  expect(streamInPath('/publish')).toBeUndefined();
  expect(streamInPath('/watch/')).toBeUndefined();
  expect(streamInPath('/watch/%3Cscript%3E')).toBeUndefined();
  expect([isStreamName('a'.repeat(64)), isStreamName('a'.repeat(65)), isStreamName('-a')]).toEqual([
    true,
    false,
    false,
  ]);
});
