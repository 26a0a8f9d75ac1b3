import { expect, test, vi } from 'vitest';
import { silentLog } from '#src/core/log.ts';
import { demoConfig } from '#src/demo/config.ts';
import { startDemo } from '#src/demo/demo.ts';
import { until } from '#test/kit/wait.ts';
import { openWhipServer } from './whip-server.ts';

// A loaded machine takes its time to start programs.
vi.setConfig({ testTimeout: 60_000 });

const config = demoConfig.parse({});
const ffmpeg = { path: 'ffmpeg' };

test('publishes picture and sound through a WHIP door, tries again when refused, and leaves in order', async () => {
  await using server = await openWhipServer(1);
  const over = new AbortController();
  const deps = { whipUrl: server.url, bearerToken: 'secret', ffmpeg, log: silentLog, signal: over.signal };
  const demo = await startDemo(deps, config);
  await until('media', () => server.received.video > 50 && server.received.audio > 20, { timeoutMs: 20_000 });
  expect(server.stereo).toEqual({ announced: true, sent: true });
  over.abort();
  expect(await demo.closed).toEqual({ by: 'owner' });
  expect(server.requests).toEqual(['POST /whip/demo', 'POST /whip/demo', 'DELETE /whip/demo/1']);
  expect(new Set(server.authorizations)).toEqual(new Set(['Bearer secret']));
}, 30_000);

test('ends at once while nobody answers', async () => {
  const over = new AbortController();
  const demo = await startDemo(
    { whipUrl: 'http://127.0.0.1:1/', ffmpeg, log: silentLog, signal: over.signal },
    config,
  );
  await demo[Symbol.asyncDispose]();
  expect(await demo.closed).toEqual({ by: 'owner' });
});
