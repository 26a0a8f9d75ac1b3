import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PictureDesk } from '#src/core/pictures.ts';
import { systemClock } from '#src/core/clock.ts';
import { silentLog } from '#src/core/log.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { openHlsOrigin } from '#src/hls/origin.ts';
import { StreamPackager } from '#src/hls/packager.ts';
import { exchange } from '#test/kit/hls-http.ts';
import { openServer, streamId } from '#test/kit/hls-rig.ts';
import { EpochFeed, settled } from '#test/kit/hls-source.ts';

const pictures: PictureDesk = {
  draw: () => Promise.resolve({ jpeg: Buffer.from('a picture'), tileWidth: 160, tileHeight: 90 }),
};

test('a path leads to a picture of the storyboard or to none, whatever is in it', async () => {
  const deps = { clock: systemClock, log: silentLog, pictures };
  await using origin = openHlsOrigin(deps, hlsConfig.parse({ storyboard: true }));
  const packager = origin.packager(streamId('live'));
  if (!(packager instanceof StreamPackager)) throw new Error('another kind of packager');
  const feed = new EpochFeed(1, ['video']);
  packager.accept(feed.epoch);
  await feed.advanceTo(20_500);
  await settled();
  await using server = await openServer((request, response) => void origin.handle(request, response));
  const image = `${packager.incarnation}/story_1.jpg`;
  expect((await exchange(`${server.base}/hls/live/${image}`)).body.toString()).toBe('a picture');

  const pieces = [
    'story_',
    'storyboard',
    '.jpg',
    '.vtt',
    '1',
    '0',
    '-1',
    '/',
    '..',
    '%2e',
    '%2f',
    '%00',
    '__proto__',
  ];
  const path = fc.array(fc.constantFrom(...pieces, packager.incarnation, 'constructor', 'é', '\\', ';'), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(path, async (parts) => {
      const text = encodeURI(parts.join('')).replaceAll('%25', '%');
      const { status, body } = await exchange(`${server.base}/hls/live/${text}`);
      const allowed = ['storyboard.vtt', image].some(
        (name) => new URL(`http://h/${text}`).pathname === `/${name}`,
      );
      if (!allowed) expect([status, JSON.parse(body.toString())]).toMatchObject([404, {}]);
    }),
    { numRuns: 300, seed: 11 },
  );
});
