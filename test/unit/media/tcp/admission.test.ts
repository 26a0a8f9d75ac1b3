import { expect, test } from 'vitest';
import { Admission } from '#src/media/tcp/admission.ts';
import { defaultLimits } from '#src/media/tcp/limits.ts';

const limits = { ...defaultLimits, connections: 5, connectionsPerAddress: 3, strangersPerAddress: 2 };

test('bounds all connections', () => {
  const admission = new Admission({ ...limits, connections: 2 });
  expect([admission.enter('a'), admission.enter('b'), admission.enter('c')]).toEqual([
    undefined,
    undefined,
    'full',
  ]);
  admission.leave('a', true);
  expect(admission.enter('c')).toBeUndefined();
  expect(admission.connections).toBe(2);
});

test('bounds the strangers of an address more tightly than those it knows', () => {
  const admission = new Admission(limits);
  expect([admission.enter('a'), admission.enter('a'), admission.enter('a')]).toEqual([
    undefined,
    undefined,
    'full-address',
  ]);
  admission.known('a');
  expect(admission.enter('a')).toBeUndefined();
  admission.known('a');
  expect(admission.enter('a')).toBe('full-address');
  expect(admission.enter('b')).toBeUndefined();
});

test('forgets an address that has no connection left', () => {
  const admission = new Admission(limits);
  for (let round = 0; round < 3; round++) {
    admission.enter('a');
    admission.known('a');
    admission.enter('a');
    admission.leave('a', false);
    admission.leave('a', true);
    admission.leave('a', true);
  }
  expect(admission.connections).toBe(0);
  expect([admission.enter('a'), admission.enter('a')]).toEqual([undefined, undefined]);
});
