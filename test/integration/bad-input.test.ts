import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { exchange, problemOf } from '#test/kit/http-exchange.ts';
import { hostileDatagrams } from '#test/kit/hostile-datagrams.ts';
import { openLossyLeg } from '#test/kit/lossy-leg.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { attributeOf, makeFragment, makeOffer } from '#test/kit/offers.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const sdp = { 'Content-Type': 'application/sdp' };
const fragment = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
const life = new AsyncDisposableStack();
let gateway: Gateway;
let witness: CountingViewer;

const attackDatagrams = 200_000;
const batchDatagrams = 800;

function smallRecording(codec: 'h264' | 'h265' = 'h264'): Promise<Recording> {
  return makeRecording({
    codec,
    width: 320,
    height: 180,
    bitrateBps: 300_000,
    seconds: 2,
    keyframeSeconds: 1,
  });
}

beforeAll(async () => {
  gateway = life.use(await startGateway());
  const recording = await smallRecording();
  life.use(await ObsPublisher.open({ whipUrl: gateway.url('/whip/calm'), recording }));
  await until('the stream is live', async () => (await gateway.stream('calm'))?.live, { timeoutMs: 20_000 });
  witness = life.use(await CountingViewer.open(gateway.url('/whep/calm')));
  await until('media flows', () => witness.video.instants > 30, { timeoutMs: 20_000 });
});
afterAll(() => life.disposeAsync());

/** Every story below happens beside a running stream, which must not notice. */
beforeEach(() => witness.reset());
afterEach(async () => {
  const { instants } = witness.video;
  await until('the running stream goes on', () => witness.video.instants > instants + 15, {
    timeoutMs: 10_000,
  });
  expect(witness.connection).toBe('connected');
  expect([witness.video.missing, witness.audio.missing]).toEqual([0, 0]);
});

describe('a request that makes no sense', () => {
  it('gets a clear refusal at either endpoint', async () => {
    const hostile: readonly (readonly [
      what: string,
      body: string | Uint8Array,
      statuses: readonly number[],
    ])[] = [
      ['no SDP at all', 'hello there', [400]],
      ['binary noise', randomBytes(2_000), [400]],
      ['a truncated offer', makeOffer({ role: 'viewer' }).slice(0, 300), [400, 422]],
      ['NUL in a line', makeOffer({ role: 'viewer' }).replace('a=mid:a', 'a=mid:\0'), [400]],
      ['no media', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n', [400, 422]],
      [
        'forty sections',
        makeOffer({ role: 'viewer' }) + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(40),
        [400, 422],
      ],
      ['70 KB', 'v=0\r\n'.padEnd(70_000, 'a'), [413]],
      ['1 MB', Buffer.alloc(1_000_000, 'a'), [413]],
    ];
    for (const path of ['/whip/bad', '/whep/calm']) {
      for (const [what, body, statuses] of hostile) {
        const answer = await exchange(gateway.url(path), { method: 'POST', headers: sdp, body });
        expect(statuses, `${path}: ${what} gave ${answer.status} ${answer.body}`).toContain(answer.status);
        problemOf(answer);
      }
    }
  });

  it('gets 415, 404, 405 or 412 with a code', async () => {
    const offer = makeOffer({ role: 'viewer' });
    const created = await exchange(gateway.url('/whep/calm'), { method: 'POST', headers: sdp, body: offer });
    const session = created.headers.location!;
    const own = { ufrag: attributeOf(offer, 'ice-ufrag'), password: attributeOf(offer, 'ice-pwd') };
    const body = makeFragment(own);
    const stale = { ...fragment, 'If-Match': '"older"' };
    const refusals = [
      [gateway.url('/whep/calm'), { method: 'POST', headers: { 'Content-Type': 'text/html' }, body }, 415],
      [gateway.url('/whep/calm'), { method: 'POST', body: offer }, 415],
      [gateway.url('/whep/calm/none'), { method: 'PATCH', headers: fragment, body }, 404],
      [gateway.url('/whep/calm/none'), { method: 'DELETE' }, 404],
      [gateway.url('/whep/calm'), { method: 'PUT', headers: sdp, body: offer }, 405],
      [gateway.url('/api/streams/nothing-here'), { method: 'GET' }, 404],
      [gateway.url('/join/nothing-here'), { method: 'GET' }, 404],
      [gateway.url('/hls/nothing-here/index.m3u8'), { method: 'GET' }, 404],
      [session, { method: 'PATCH', headers: stale, body }, 412],
    ] as const;
    for (const [url, request, status] of refusals) {
      const answer = await exchange(url, request);
      expect([url, answer.status]).toEqual([url, status]);
      problemOf(answer);
    }
    expect((await exchange(session, { method: 'DELETE' })).status).toBe(200);
  });

  it('may break off in the middle or never end its headers', async () => {
    const { port } = new URL(gateway.origin);
    const halves = [
      'POST /whep/calm HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nv=0',
      'GET /whep/ca',
      '\0\0\0\0',
    ];
    for (const half of halves) {
      const socket = createConnection(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(half);
      await sleep(100);
      socket.destroy();
    }
    expect((await exchange(gateway.url('/livez'), { method: 'GET' })).status).toBe(200);
  });
});

describe('an attack on the media port', () => {
  it('of 200,000 datagrams costs nobody a picture, brings the attacker nothing and leaves nothing behind', async () => {
    const recording = await smallRecording();
    await using leg = await openLossyLeg(gateway);
    await using prey = await ObsPublisher.open({ whipUrl: leg.url('/whip/prey'), recording });
    await until('it is live', async () => (await gateway.stream('prey'))?.live, { timeoutMs: 10_000 });
    await using viewer = await CountingViewer.open(leg.url('/whep/prey'));
    await until('media flows', () => viewer.video.instants > 30, { timeoutMs: 20_000 });
    const attacker = createSocket('udp4').bind(0, '127.0.0.1');
    await once(attacker, 'listening');
    let bytesBack = 0;
    attacker.on('message', (bytes) => (bytesBack += bytes.length));
    const sessions = [prey.answer, viewer.session.answer, witness.session.answer];
    const ufrags = sessions.map((answer) => attributeOf(answer, 'ice-ufrag'));
    let captured = leg.captured;
    const ssrcs = [viewer.video.ssrc, viewer.audio.ssrc, ...publishedSsrcs(captured)];
    const attack = hostileDatagrams(7, () => ({ ufrags, ssrcs, captured }));
    const before = { rssBytes: await residentBytes(gateway.pid), dropped: await droppedDatagrams() };
    viewer.reset();
    witness.reset();
    for (let batch = 0; batch < attackDatagrams / batchDatagrams; batch++) {
      if (batch % 50 === 0) captured = leg.captured;
      for (let i = 0; i < batchDatagrams; i++) {
        const { bytes, spoofed } = attack.next().value;
        if (spoofed) leg.inject(bytes, i);
        else attacker.send(bytes, gateway.rtcPort, '127.0.0.1');
      }
      await drained();
    }
    await until(
      'all of it was seen and dropped',
      async () => (await droppedDatagrams()) - before.dropped > attackDatagrams * 0.9,
      { timeoutMs: 5_000 },
    );
    attacker.close();
    expect(bytesBack).toBe(0);
    expect([prey.connection, viewer.connection]).toEqual(['connected', 'connected']);
    for (const { packets, missing } of [witness.video, witness.audio, viewer.video, viewer.audio]) {
      expect(packets).toBeGreaterThan(200);
      expect(missing).toBeLessThanOrEqual(packets / 1_000);
    }
    expect((await residentBytes(gateway.pid)) - before.rssBytes).toBeLessThan(100e6);
    witness.reset();
  });
});

/**
 * Waits until the running stream's packets that left after an attack's batch have come: the socket is a queue, so the batch
 * was read by then, and the kernel's buffer is not what loses media.
 */
async function drained(): Promise<void> {
  const { packets } = witness.audio;
  await until('the stream goes on', () => witness.audio.packets > packets + 1, {
    timeoutMs: 10_000,
    everyMs: 1,
  });
}

function publishedSsrcs(captured: readonly Buffer[]): number[] {
  const media = captured.filter((bytes) => bytes.length > 12 && bytes[0]! >> 6 === 2 && bytes[1]! < 192);
  return [...new Set(media.map((bytes) => bytes.readUInt32BE(8)))].slice(0, 8);
}

async function droppedDatagrams(): Promise<number> {
  const { body } = await exchange(gateway.url('/metrics'), { method: 'GET' });
  const lines = body.split('\n').filter((line) => /dropped.*\{/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function residentBytes(pid: number): Promise<number> {
  const pages = (await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1];
  return Number(pages) * 4_096;
}

describe('a viewer that vanishes', () => {
  it('is gone from the API some 10 s after its process was killed', async () => {
    const script = fileURLToPath(new URL('../kit/viewer-process.ts', import.meta.url));
    const child = spawn(process.execPath, [script, gateway.url('/whep/calm')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data', { signal: AbortSignal.timeout(30_000) });
      const viewers = async (): Promise<number | undefined> =>
        (await gateway.stream('calm'))?.viewers.interactive;
      await until('two viewers are counted', async () => (await viewers()) === 2, { timeoutMs: 15_000 });
      child.kill('SIGKILL');
      const killedMs = performance.now();
      await until('one viewer is left', async () => (await viewers()) === 1, { timeoutMs: 30_000 });
      expect(performance.now() - killedMs).toBeGreaterThan(5_000);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('a stream that nobody here can play', () => {
  it('is refused to the viewer with the reason, and the publisher stays', async () => {
    const recording = await smallRecording('h265');
    await using strange = await ObsPublisher.open({
      whipUrl: gateway.url('/whip/strange'),
      recording,
      audio: false,
    });
    await until('it is live', async () => (await gateway.stream('strange'))?.live, { timeoutMs: 10_000 });
    await expect(CountingViewer.open(gateway.url('/whep/strange'), ['vp8', 'h264'])).rejects.toThrow(
      /no-common-codec/,
    );
    expect(strange.connection).toBe('connected');
    expect((await gateway.stream('strange'))?.live).toBe(true);
  });
});
