import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordingStatus } from '#src/core/record.ts';
import { launchChromium, openPage } from '#test/kit/chromium.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { until } from '#test/kit/wait.ts';

type Listed = RecordingStatus & { readonly urls: Readonly<Record<string, string>> };

const run = promisify(execFile);
const life = new AsyncDisposableStack();
let browser: Browser;
let directory: string;
let gateway: Gateway;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recordings-'));
  life.defer(() => rm(directory, { recursive: true, force: true }));
  browser = await launchChromium();
  life.defer(() => browser.close());
  const env = {
    FRONTROW_RECORD__ENABLED: 'true',
    FRONTROW_RECORD__STREAMS: '[]',
    FRONTROW_RECORD__DIRECTORY: directory,
    FRONTROW_RECORD__MIN_FREE_BYTES: '0',
  };
  gateway = life.use(await startGateway({ args: ['--demo'], env }));
});
afterAll(() => life.disposeAsync());

async function list(): Promise<readonly Listed[]> {
  const response = await fetch(gateway.url('/api/recordings'), { signal: AbortSignal.timeout(20_000) });
  return ((await response.json()) as { recordings: readonly Listed[] }).recordings;
}

async function liveStream(): Promise<string> {
  return until(
    'the demo is broadcast',
    async () => {
      const response = await fetch(gateway.url('/api/streams'), { signal: AbortSignal.timeout(20_000) });
      const { streams } = (await response.json()) as {
        streams: { id: string; hls: { ready: boolean } | null }[];
      };
      return streams.find((stream) => stream.hls?.ready)?.id;
    },
    { timeoutMs: 60_000, detail: () => gateway.logs.slice(-10) },
  );
}

/** Sends a path as it is: clients and libraries would tidy it up. */
async function statusOf(path: string): Promise<number> {
  const { port } = new URL(gateway.origin);
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer for ${path}`)));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += String(chunk);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
}

interface Played {
  readonly at: number;
  readonly length: number;
  readonly errors: readonly string[];
  /** Stretches of media in the buffer at the end: more than one is a hole. */
  readonly stretches: number;
  readonly captions: readonly { readonly text: string; readonly startS: number }[];
}

/** Runs in the page, which has no part in this program: text. */
const playToEnd = (url: string): string => `(async () => {
  const { default: Hls } = await import('/vendor/hls.mjs');
  const video = document.createElement('video');
  video.muted = true;
  video.playbackRate = 4;
  document.body.append(video);
  const hls = new Hls();
  const errors = [];
  hls.on(Hls.Events.ERROR, (_event, data) => void errors.push(data.details));
  const parsed = new Promise((resolve) => hls.once(Hls.Events.MANIFEST_PARSED, resolve));
  hls.loadSource(${JSON.stringify(url)});
  hls.attachMedia(video);
  const loaded = new Promise((resolve) => video.addEventListener('loadeddata', resolve, { once: true }));
  await parsed;
  await loaded;
  hls.subtitleTrack = 0;
  await video.play();
  await new Promise((resolve, reject) => {
    video.addEventListener('ended', resolve);
    setTimeout(() => reject(new Error('stuck at ' + video.currentTime + ': ' + errors.join())), 30_000);
  });
  for (let tries = 0; tries < 100 && ![...video.textTracks].some((track) => track.cues?.length > 0); tries++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  const cues = [...video.textTracks].flatMap((track) => [...(track.cues ?? [])]);
  const captions = cues.map(({ text, startTime }) => ({ text, startS: startTime }));
  return { at: video.currentTime, length: video.duration, errors, stretches: video.buffered.length, captions };
})()`;

describe('a recording that an operator begins and ends', () => {
  let recording: Listed;
  let caption: { readonly start: string; readonly end: string };

  test('is made of a live stream', async () => {
    const stream = await liveStream();
    const url = gateway.url(`/api/streams/${stream}/recording`);
    const begun = await fetch(url, { method: 'POST' });
    expect([201, 202]).toContain(begun.status);
    const said = await fetch(url.replace('/recording', '/captions'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ language: 'en', in: 'now', durationMs: 1_000, text: 'said live' }),
    });
    expect(said.status).toBe(201);
    caption = (await said.json()) as typeof caption;
    const holdsAll = ({ state, startedAt, durationMs }: Listed): boolean =>
      state === 'recording' &&
      durationMs >= 6_000 &&
      Date.parse(startedAt) + durationMs > Date.parse(caption.end);
    await until('it holds some seconds, and the caption', async () => (await list()).some(holdsAll), {
      timeoutMs: 30_000,
      detail: () => gateway.logs.slice(-10),
    });
    const [growing] = await list();
    expect((await fetch(url.replace('/recording', ''))).status).toBe(200);
    expect((await fetch(growing?.urls['playlist'] ?? '')).headers.get('cache-control')).toContain(
      'max-age=1',
    );
    const removal = await fetch(gateway.url(`/api/recordings/${stream}/${growing?.id ?? ''}`), {
      method: 'DELETE',
    });
    expect(removal.status).toBe(409);
    const ended = await fetch(url, { method: 'DELETE' });
    expect(ended.status).toBe(200);
    recording = (await ended.json()) as Listed;
    expect(recording).toMatchObject({ state: 'complete', discontinuities: 0, problem: null });
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(404);
  });

  test('plays in Chromium with hls.js, from its beginning to its end', async () => {
    await using opened = await openPage(browser, gateway.url('/'));
    const { page } = opened;
    const played = await page.evaluate<Played>(playToEnd(recording.urls['playlist'] ?? ''));
    // Sound may begin a few frames behind the picture, where the recording was begun in the middle of the stream.
    // At four times its speed a busy machine decodes too late, and hls.js nudges a player that has all it needs.
    const machine = ['bufferSeekOverHole', 'bufferStalledError', 'bufferNudgeOnStall'];
    expect(played.errors.filter((error) => !machine.includes(error))).toEqual([]);
    expect(played.stretches).toBe(1);
    expect(Math.abs(played.length * 1000 - recording.durationMs)).toBeLessThan(700);
    expect(played.length - played.at).toBeLessThan(0.5);
    expect(played.captions.map(({ text }) => text)).toEqual(['said live']);
    const saidS = (Date.parse(caption.start) - Date.parse(recording.startedAt)) / 1000;
    expect(Math.abs((played.captions[0]?.startS ?? NaN) - saidS)).toBeLessThan(0.3);
  });

  test('is downloaded as one MP4, in parts too, and seen in the metrics', async () => {
    const answer = await fetch(recording.urls['mp4'] ?? '', { signal: AbortSignal.timeout(30_000) });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'video/mp4']);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const file = join(directory, 'download.mp4');
    await writeFile(file, bytes);
    const { stderr } = await run('ffmpeg', ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-']);
    expect(stderr).toBe('');
    const part = await fetch(recording.urls['mp4'] ?? '', { headers: { Range: 'bytes=100-199' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${bytes.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    const metrics = await (await fetch(gateway.url('/metrics'))).text();
    expect(metrics).toMatch(/^frontrow_recordings 1$/m);
    expect(metrics).toMatch(/^frontrow_recorded_segments_total [1-9]/m);
  });

  test('gives nothing but its own files', async () => {
    const { stream, id } = recording;
    await writeFile(join(directory, 'secret.txt'), 'secret');
    await symlink(join(directory, 'secret.txt'), join(directory, stream, id, 'v9_1.mp4'));
    await symlink(join(directory, stream, id), join(directory, stream, `${id.slice(0, -6)}linked`));
    await symlink(join(directory, stream), join(directory, 'linked'));
    const hostile = [
      `/vod/${stream}/${id}/../../secret.txt`,
      `/vod/${stream}/${id}/..%2f..%2fsecret.txt`,
      `/vod/${stream}/${id}/%2e%2e/%2e%2e/secret.txt`,
      `/vod/../secret.txt`,
      `/vod/${stream}/${id}/index.jsonl`,
      `/vod/${stream}/${id}/v9_1.mp4`,
      `/vod/${stream}/${id.slice(0, -6)}linked/index.m3u8`,
      `/vod/${stream}/${id.slice(0, -6)}linked/v0_1.mp4`,
      `/vod/linked/${id}/index.m3u8`,
      `/vod/linked/${id}/v0_1.mp4`,
      `/vod/${stream}/${id}/v0_1.mp4%00`,
      `/vod/${stream}/${id}/v0_1.mp4/`,
      `/vod/${stream}/${id}//v0_1.mp4`,
      `/vod/.dvr/${id}/index.m3u8`,
      `/vod//${id}/index.m3u8`,
      `/vod/${stream}/%/index.m3u8`,
    ];
    for (const path of hostile) expect([path, await statusOf(path)]).toEqual([path, 404]);
    expect(await statusOf(`/vod/${stream}/${id}/v0_1.mp4`)).toBe(200);
  });

  test('is removed', async () => {
    const url = gateway.url(`/api/recordings/${recording.stream}/${recording.id}`);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(recording.urls['playlist'] ?? '')).status).toBe(404);
  });
});
