import { expect, test } from 'vitest';
import type { Manifest } from '#src/hls/dash/manifest.ts';
import { Manifests } from '#src/hls/dash/manifests.ts';

test('there is one manifest for each class of heights, made when somebody asks for it', () => {
  const made: (number | undefined)[] = [];
  const manifests = new Manifests((maxHeight) => {
    made.push(maxHeight);
    return { get: () => undefined } as unknown as Manifest;
  });
  expect(made).toEqual([]);
  const whole = manifests.upTo(undefined);
  expect(manifests.upTo(480)).toBe(manifests.upTo(500));
  expect(manifests.upTo(480)).not.toBe(whole);
  expect(manifests.upTo(undefined)).toBe(whole);
  expect(made).toEqual([undefined, 480]);
});
