import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCode } from '#src/core/error-code.ts';

test('errors of the system have a code, others have none', () => {
  let missing: unknown;
  try {
    readFileSync('/no/such/file');
  } catch (error) {
    missing = error;
  }
  expect(errorCode(missing)).toBe('ENOENT');
  expect(errorCode(new Error('plain'))).toBeUndefined();
  expect(errorCode(Object.assign(new Error('numbered'), { code: 7 }))).toBeUndefined();
  expect(errorCode({ code: 'ENOENT' })).toBeUndefined();
});
