import { setImmediate as turn } from 'node:timers/promises';

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Http2Client } from '#test/kit/http2-client.ts';
import { type HttpsRig, openHttpsRig } from '#test/kit/https-rig.ts';
import { until } from '#test/kit/wait.ts';

let rig: HttpsRig;

beforeAll(async () => {
  rig = await openHttpsRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** One request, and after how many turns of the event loop, or bytes, its client leaves. */
const visit = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE', 'PATCH', 'PROPFIND', 'FOO'),
  path: fc.constantFrom(
    '/',
    '/livez',
    '/metrics',
    '/api/streams',
    '/api/events',
    '/whip/a',
    '/whep/a',
    '/nothing',
    '/hls/live/index.m3u8',
    '/hls/live/none.m3u8',
    '/%ff',
  ),
  body: fc.constantFrom(undefined, '', 'good', 'x'.repeat(100_000)),
  length: fc.constantFrom(undefined, 0, 4, 100_000),
  leavesAfter: fc.constantFrom(0, 1, 2, 5, 20, Infinity),
  code: fc.constantFrom(0, 2, 5, 8),
});

test(
  'whoever leaves, and whenever: nothing breaks, and the next are served',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(visit, { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        async (visits, breaks) => {
          await using client = await Http2Client.open(rig.port);
          const streams = visits.map(({ method, path, body, length }) => {
            const headers = {
              ':method': method,
              ':path': path,
              'content-type': 'application/sdp',
              ...(length !== undefined && { 'content-length': length }),
            };
            const stream = client.session.request(headers, { endStream: body === undefined });
            stream.on('error', () => undefined); // being refused is one way to end
            stream.resume();
            if (body !== undefined) stream.end(body);
            return stream;
          });
          for (let turns = 0; turns <= 20; turns++) {
            await turn();
            for (const [index, { leavesAfter, code }] of visits.entries())
              if (leavesAfter === turns) streams[index]?.close(code);
          }
          if (breaks) client.session.destroy();
        },
      ),
      { numRuns: 60, seed: 20_261_121 },
    );
    await using client = await Http2Client.open(rig.port);
    await until('others are served', async () => (await client.ask('/livez')).status === 200, {
      timeoutMs: 10_000,
    });
    expect(rig.warnings).toEqual([]);
  },
);
