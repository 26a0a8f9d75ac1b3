import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { BridgeReport } from '#src/core/cmaf.ts';
import type { StreamStatus } from '#src/core/status.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { codeOf, exchange } from '#test/kit/hls-http.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 40_000 };

/** FFmpeg as some distributions build it: without x264, which it neither lists nor takes. */
const withoutX264 = `#!/bin/bash
case "$*" in
  *libx264*) echo "Unknown encoder 'libx264'" >&2; exit 1;;
  *-encoders*) ffmpeg "$@" | grep -v libx264;;
  *) exec ffmpeg "$@";;
esac
`;

let program = '';
const life = new AsyncDisposableStack();
let gateway: Gateway;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ffmpeg-late-'));
  life.defer(() => rm(folder, { recursive: true, force: true }));
  program = join(folder, 'ffmpeg');
  const env = { FRONTROW_BRIDGE__FFMPEG_PATH: program, FRONTROW_BRIDGE__LADDER: 'ladder-2' };
  gateway = life.use(await startGateway({ env }));
}, 120_000);
afterAll(() => life.disposeAsync());

async function publish(stream: string, codec: 'h264' | 'h265'): Promise<ObsPublisher> {
  const facts = { width: 640, height: 360, bitrateBps: 400_000, seconds: 2, keyframeSeconds: 1 };
  const recording = await makeRecording({ codec, ...facts });
  return life.use(await ObsPublisher.open({ whipUrl: gateway.url(`/whip/${stream}`), recording }));
}

async function problems(): Promise<string> {
  return (await fetch(gateway.url('/readyz'))).text();
}

async function bridgeOf(stream: string): Promise<BridgeReport | undefined> {
  return ((await gateway.stream(stream)) as unknown as StreamStatus | undefined)?.bridge ?? undefined;
}

async function findings(stream: string): Promise<readonly string[]> {
  const found = (await gateway.stream(stream)) as unknown as StreamStatus | undefined;
  return found?.findings.map(({ code }) => code) ?? [];
}

test('an FFmpeg that comes late, at first not executable and then without x264, is used for what it can do', async () => {
  await publish('copied', 'h264');
  await until('media', async () => (await gateway.stream('copied'))?.live, patience);
  const url = gateway.url('/hls/copied/index.m3u8');
  for (const file of ['index.m3u8', 'manifest.mpd']) {
    const missing = await exchange(gateway.url(`/hls/copied/${file}`));
    expect([missing.status, codeOf(missing)]).toEqual([503, 'ffmpeg-missing']);
    expect(missing.headers).toMatchObject({ 'retry-after': '3', 'cache-control': 'no-store' });
    expect(missing.body.toString()).not.toContain(program);
  }
  expect(await problems()).toContain('apt-get install -y ffmpeg');

  await writeFile(program, withoutX264, { mode: 0o644 });
  await until(
    'the advice that fits',
    async () => (await problems()).includes(`chmod +x ${program}`),
    patience,
  );
  await chmod(program, 0o755);
  await until('LL-HLS', async () => (await gateway.stream('copied'))?.hls?.ready, patience);
  const playlist = await exchange(url);
  expect([playlist.status, playlist.body.toString().match(/RESOLUTION=\S+?,/g)]).toEqual([
    ...[200, ['RESOLUTION=640x360,']],
  ]);
  const reason = expect.stringContaining('no libx264') as string;
  expect(await bridgeOf('copied')).toMatchObject({
    ...{ state: 'running', video: 'passthrough', restarts: 0 },
    encoder: { name: 'none', problem: reason },
    ladder: { name: 'ladder-2', rungs: [], withheld: ['v1'], reason },
  });
  expect(await problems()).toContain('no libx264');

  await publish('encoded', 'h265');
  await until('the refusal', async () => (await bridgeOf('encoded'))?.state === 'failed', patience);
  const refused = await exchange(gateway.url('/hls/encoded/index.m3u8'));
  expect([refused.status, codeOf(refused)]).toEqual([503, 'ffmpeg-no-encoder']);
  await until('the finding', async () => (await findings('encoded')).includes('cannot-transcode'), patience);
  expect((await bridgeOf('encoded'))?.problem).toMatch(/needs H265 encoded anew.*no libx264/);
}, 120_000);
