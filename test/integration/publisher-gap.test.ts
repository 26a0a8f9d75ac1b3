import { beforeAll, expect, test } from 'vitest';

import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { readMediaPlaylist, type ReadPlaylist } from '#test/kit/hls-reader.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const patience = { timeoutMs: 30_000 };
let recording: Recording;

beforeAll(async () => {
  const facts = { codec: 'h264', width: 320, height: 180, bitrateBps: 400_000 } as const;
  recording = await makeRecording({ ...facts, seconds: 2, keyframeSeconds: 1 });
}, 60_000);

function start(env: Readonly<Record<string, string>>): Promise<Gateway> {
  return startGateway({ env: { FRONTROW_HLS__SEGMENT_TARGET_MS: '1000', ...env } });
}

async function publish(gateway: Gateway): Promise<ObsPublisher> {
  const publisher = await ObsPublisher.open({ whipUrl: gateway.url('/whip/gap'), recording });
  await until('it is ready', async () => (await gateway.stream('gap'))?.hls?.ready, patience);
  return publisher;
}

/** The media playlist of the picture, and where it is; undefined while there is none. */
async function playlist(gateway: Gateway): Promise<(ReadPlaylist & { readonly path: string }) | undefined> {
  const url = gateway.url('/hls/gap/index.m3u8');
  const multivariant = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  const path = (await multivariant.text()).split('\n').find((line) => line !== '' && !line.startsWith('#'));
  if (!multivariant.ok || path === undefined) return undefined;
  const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(20_000) });
  return response.ok ? { path, ...readMediaPlaylist(await response.text()) } : undefined;
}

test('a publisher that stays away for longer than the grace ends the playlist, and the next begins a new one', async () => {
  await using gateway = await start({ FRONTROW_SESSION__GOODBYE_GRACE_MS: '1000' });
  const first = await publish(gateway);
  const before = await playlist(gateway);
  await first.stop();
  await until('the playlist ends', async () => (await playlist(gateway))?.ended, patience);
  expect((await playlist(gateway))?.path).toBe(before?.path);
  await using second = await publish(gateway);
  const another = async (): Promise<boolean> => {
    const now = await playlist(gateway);
    return now !== undefined && now.path !== before?.path && !now.ended;
  };
  await until('there is a new playlist', another, patience);
  expect((await playlist(gateway))?.segments.some(({ discontinuity }) => discontinuity)).toBe(false);
  expect(second.connection).toBe('connected');
}, 120_000);

test('with a slate the playlist grows while the publisher is away, and what comes then follows behind it', async () => {
  await using gateway = await start({
    FRONTROW_SESSION__GOODBYE_GRACE_MS: '60000',
    FRONTROW_BRIDGE__SLATE: 'card',
  });
  const first = await publish(gateway);
  const before = await playlist(gateway);
  await first.stop();
  const discontinuities = async (): Promise<number> =>
    (await playlist(gateway))?.segments.filter(({ discontinuity }) => discontinuity).length ?? 0;
  const segments = async (): Promise<number> => (await playlist(gateway))?.segments.length ?? 0;
  await until('the slate', async () => (await discontinuities()) === 1, patience);
  const begun = await segments();
  await until('it goes on', async () => (await segments()) >= begun + 2, patience);
  await using second = await publish(gateway);
  await until('the publisher again', async () => (await discontinuities()) === 2, patience);
  const after = await playlist(gateway);
  expect(after?.path).toBe(before?.path);
  expect(after?.mediaSequence).toBe(before?.mediaSequence);
  expect(new Set(after?.segments.map(({ map }) => map)).size).toBe(3);
  expect(second.connection).toBe('connected');
}, 120_000);
