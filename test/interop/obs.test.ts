import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startGateway } from '#test/kit/gateway.ts';
import { exchange } from '#test/kit/http-exchange.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeOffer } from '#test/kit/offers.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { stretch, until } from '#test/kit/wait.ts';

const toneHz = 660;
const iceServers = `
http:
  iceServers:
    - url: stun:stun.example.org:3478
    - url: turn:turn.example.org:3478?transport=udp
      username: "1700000000:obs"
      credential: c2VjcmV0+/=
    - url: turns:turn.example.org:5349?transport=tcp
      username: "1700000000:obs"
      credential: c2VjcmV0+/=
`;
const life = new AsyncDisposableStack();
let rig: Rig;
let recording: Recording;

beforeAll(async () => {
  [rig, recording] = await Promise.all([
    openRig({ config: iceServers }).then((made) => life.use(made)),
    makeRecording({
      codec: 'h264',
      width: 1280,
      height: 720,
      bitrateBps: 2_000_000,
      seconds: 8,
      keyframeSeconds: 2,
    }),
  ]);
});
afterAll(() => life.disposeAsync());

async function untilLive(stream: string): Promise<void> {
  await until(`${stream} is live`, async () => (await rig.gateway.stream(stream))?.live, {
    timeoutMs: 20_000,
  });
}

const whip = (stream: string): string => rig.gateway.url(`/whip/${stream}`);

describe('what OBS says and reads', () => {
  it('offers without candidates, and is told an absolute URL, ICE servers it understands and candidates', async () => {
    await using obs = await ObsPublisher.open({ whipUrl: whip('told'), recording });
    expect(obs.offer).not.toMatch(/a=(candidate|end-of-candidates|rid|rtcp-mux-only)/);
    expect(obs.offer).toContain('profile-level-id=42e01f');
    expect(obs.session.rawLocation).toMatch(new RegExp(`^${rig.gateway.origin}/whip/told/[\\w-]{22}$`));
    expect(obs.answer).toMatch(/a=candidate:.* 127\.0\.0\.1 /);
    // One header line each, turns: last, because OBS knows only the other two.
    expect(obs.session.iceServers).toEqual([
      { url: 'stun:stun.example.org:3478', username: '', credential: '' },
      {
        url: 'turn:turn.example.org:3478?transport=udp',
        username: '1700000000:obs',
        credential: 'c2VjcmV0+/=',
      },
    ]);
    expect(obs.connection).toBe('connected');
  });

  it('is answered within its 8 s while 200 viewers join at once', async () => {
    await using obs = await ObsPublisher.open({ whipUrl: whip('storm'), recording });
    await untilLive('storm');
    const offer = makeOffer({ role: 'viewer' });
    const headers = { 'Content-Type': 'application/sdp' };
    const joins = Array.from({ length: 200 }, () =>
      exchange(rig.gateway.url('/whep/storm'), { method: 'POST', headers, body: offer }),
    );
    const again = await ObsPublisher.open({ whipUrl: whip('storm-too'), recording });
    expect(again.session.answeredMs).toBeLessThan(8_000 * stretch());
    expect(await again.stop()).toBe(200);
    const answers = await Promise.all(joins);
    // Whoever is not let in is told when to come again.
    const refused = answers.filter(({ status }) => status !== 201);
    for (const { status, headers: told } of refused) {
      expect([429, 503]).toContain(status);
      expect(told['retry-after']).toBeDefined();
    }
    const sessions = answers.flatMap(({ headers: told }) => told.location ?? []);
    expect(sessions.length).toBeGreaterThan(0);
    await Promise.all(sessions.map((session) => exchange(session, { method: 'DELETE' })));
    expect(obs.connection).toBe('connected');
  });

  it('follows 307 to another node with its token', async () => {
    const token = 'key-of-obs';
    const sha256 = createHash('sha256').update(token).digest('hex');
    const config = `auth:\n  streamKeys:\n    - { name: obs, sha256: ${sha256} }\n`;
    await using other = await startGateway({ config });
    await using full = await startGateway({
      config,
      env: { FRONTROW_SESSION__MAX_STREAMS: '1', FRONTROW_SESSION__OVERFLOW_URL: other.origin },
    });
    await using first = await ObsPublisher.open({ whipUrl: full.url('/whip/first'), recording, token });
    await using second = await ObsPublisher.open({ whipUrl: full.url('/whip/second'), recording, token });
    expect(first.location).toMatch(new RegExp(`^${full.origin}/whip/first/`));
    expect(second.location).toMatch(new RegExp(`^${other.origin}/whip/second/`));
    expect([first.connection, second.connection]).toEqual(['connected', 'connected']);
    expect(await second.stop()).toBe(200);
  });

  it('ends with 200 although the server noticed long before that the transport was closed', async () => {
    await using obs = await ObsPublisher.open({ whipUrl: whip('ended'), recording });
    await untilLive('ended');
    obs.hangUp();
    await until('the stream is not live', async () => !(await rig.gateway.stream('ended'))?.live, {
      timeoutMs: 20_000,
    });
    expect(await obs.stop()).toBe(200);
  });
});

describe('a publisher shaped like OBS (High profile, 2 s between keyframes, deaf to requests)', () => {
  it('plays in both tiers in Chromium, and its Stop is answered with 200', async () => {
    // The label says Constrained Baseline; the parameter sets, each in a packet of its own, say High.
    const [sps] = recording.pictures[0]!.filter((nal) => (nal[0]! & 0x1f) === 7);
    expect(sps?.[1]).toBe(100);
    await using obs = await ObsPublisher.open({ whipUrl: whip('obs'), recording });
    await untilLive('obs');
    await using front = await rig.page();
    await using tail = await rig.page();
    await rig.watchWhep(front, 'obs');
    await rig.watchHls(tail, 'obs');
    await untilSeen(front, 'WHEP shows a picture', (seen) => seen.framesShown > 0);
    await untilSeen(tail, 'LL-HLS shows a picture', (seen) => seen.framesShown > 0);
    await Promise.all([front.call('resetWatch'), tail.call('resetWatch')]);
    await sleep(6_000);
    const [whep, hls] = await Promise.all([front.call('watchReport'), tail.call('watchReport')]);
    for (const seen of [whep, hls]) {
      expect([seen.width, seen.height]).toEqual([1280, 720]);
      expect(seen.framesShown).toBeGreaterThan(45);
      expect(Math.abs(seen.audio.peakHz - toneHz)).toBeLessThan(40);
    }
    expect(whep.rtc?.videoPacketsLost).toBe(0);
    expect(hls.hls?.ending).toBe('');
    expect((await rig.gateway.stream('obs'))?.bridge?.video).toBe('passthrough');
    expect(await obs.stop()).toBe(200);
  }, 120_000);

  it('finds its viewers still there after Stop and Start within a second', async () => {
    const first = await ObsPublisher.open({ whipUrl: whip('again'), recording });
    await untilLive('again');
    await using front = await rig.page();
    await rig.watchWhep(front, 'again');
    await untilSeen(front, 'WHEP shows a picture', (seen) => seen.framesShown > 30);
    expect(await first.stop()).toBe(200);
    await using second = await ObsPublisher.open({ whipUrl: whip('again'), recording });
    await front.call('resetWatch');
    const seen = await untilSeen(front, 'the picture moves again', (report) => report.framesShown > 60);
    expect([seen.rtc?.connection, second.connection]).toEqual(['connected', 'connected']);
  }, 120_000);

  it('takes its stream over by reconnecting with the same token while the old session lives', async () => {
    const token = 'the-same';
    const first = await ObsPublisher.open({ whipUrl: whip('over'), recording, token });
    await untilLive('over');
    await using front = await rig.page();
    await rig.watchWhep(front, 'over');
    await untilSeen(front, 'WHEP shows a picture', (seen) => seen.framesShown > 30);
    await using second = await ObsPublisher.open({ whipUrl: whip('over'), recording, token });
    expect(second.location).not.toBe(first.location);
    await front.call('resetWatch');
    const seen = await untilSeen(front, 'the picture moves on', (report) => report.framesShown > 60);
    expect(seen.rtc?.connection).toBe('connected');
    // The old session is gone, and its late DELETE neither fails nor harms the new one.
    expect(await first.stop()).toBe(200);
    await front.call('resetWatch');
    await untilSeen(front, 'the picture moves still', (report) => report.framesShown > 30);
    expect((await rig.gateway.stream('over'))?.live).toBe(true);
  }, 120_000);

  it('shows a new viewer its first picture within one keyframe interval', async () => {
    await using obs = await ObsPublisher.open({ whipUrl: whip('join'), recording });
    await untilLive('join');
    await using front = await rig.page();
    const started = performance.now();
    await rig.watchWhep(front, 'join');
    await untilSeen(front, 'WHEP shows a picture', (seen) => seen.framesShown > 0);
    expect(performance.now() - started).toBeLessThan(8_000 * stretch());
    expect(obs.connection).toBe('connected');
  }, 120_000);

  it('plays although its first packet is no keyframe', async () => {
    await using obs = await ObsPublisher.open({ whipUrl: whip('middle'), recording, firstPicture: 20 });
    await using front = await rig.page();
    await untilLive('middle');
    await rig.watchWhep(front, 'middle');
    const seen = await untilSeen(front, 'WHEP shows a picture', (report) => report.framesShown > 30);
    expect([seen.width, obs.connection]).toEqual([1280, 'connected']);
  }, 120_000);
});

describe('one output of OBS only', () => {
  it.each(['audio', 'video'] as const)('%s plays in both tiers', async (kind) => {
    const only = { audio: kind === 'audio', video: kind === 'video' };
    await using obs = await ObsPublisher.open({ whipUrl: whip(kind), recording, ...only });
    await untilLive(kind);
    await using front = await rig.page();
    await using tail = await rig.page();
    await rig.watchWhep(front, kind);
    await rig.watchHls(tail, kind);
    for (const page of [front, tail]) {
      await untilSeen(page, `${kind} comes`, ({ audio, framesShown }) =>
        only.audio ? Math.abs(audio.peakHz - toneHz) < 40 : framesShown > 30,
      );
    }
    const codecs = (await rig.gateway.stream(kind))?.publisher?.codecs;
    expect(codecs).toEqual(only.audio ? ['opus'] : ['h264']);
    expect(await obs.stop()).toBe(200);
  });
});
