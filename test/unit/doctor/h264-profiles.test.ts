import { expect, test } from 'vitest';
import { decodableAs, profileOf } from '#src/doctor/video/h264-profiles.ts';

test.each([
  [66, 0xe0, 'constrained-baseline'],
  [66, 0xc0, 'constrained-baseline'],
  [66, 0x00, 'baseline'],
  [77, 0x80, 'constrained-baseline'],
  [77, 0x00, 'main'],
  [88, 0xc0, 'constrained-baseline'],
  [100, 0x0c, 'high'],
  [244, 0x00, 'other'],
] as const)('profile_idc %i with flags %i is %s', (profile, constraints, name) => {
  expect(profileOf(profile, constraints)).toBe(name);
});

test('a decoder plays what its profile contains', () => {
  expect(decodableAs('constrained-baseline', 'high')).toBe(true);
  expect(decodableAs('high', 'constrained-baseline')).toBe(false);
  expect(decodableAs('baseline', 'main')).toBe(false);
});
