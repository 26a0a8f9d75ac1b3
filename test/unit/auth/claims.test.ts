import { expect, test } from 'vitest';
import { audiencesFor, audiencesOf, claimsSchema } from '#src/auth/claims.ts';

test('each door has its audience; where either way of watching will do, so do both audiences', () => {
  expect(audiencesFor({ action: 'publish' })).toEqual(['whip']);
  expect(audiencesFor({ action: 'operate' })).toEqual(['operate']);
  expect(audiencesFor({ action: 'view', tier: 'interactive' })).toEqual(['whep']);
  expect(audiencesFor({ action: 'view', tier: 'broadcast' })).toEqual(['hls']);
  expect(audiencesFor({ action: 'view' })).toEqual(['whep', 'hls']);
  expect(audiencesOf('view', 'broadcast')).toEqual(['hls']);
});

test('one audience may stand alone; others than ours may be named too', () => {
  const claims = { sub: 'a', act: 'play', exp: 1 };
  expect(claimsSchema.parse({ ...claims, aud: 'whep' }).aud).toEqual(['whep']);
  expect(claimsSchema.parse({ ...claims, aud: ['whep', 'mail'] }).aud).toEqual(['whep', 'mail']);
  expect(claimsSchema.safeParse({ ...claims, aud: 7 }).success).toBe(false);
});
