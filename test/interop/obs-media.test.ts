import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { LayerReport, TrackReport } from '#src/core/plane-report.ts';
import type { RigPage } from '#test/kit/chromium.ts';
import { exchange, problemOf } from '#test/kit/http-exchange.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeOffer } from '#test/kit/offers.ts';
import { makeRecording, type Recording, type RecordingOptions } from '#test/kit/recording.ts';
import { openRig, type Rig, untilSeen } from '#test/kit/rig.ts';
import { until } from '#test/kit/wait.ts';

const usual: RecordingOptions = {
  codec: 'h264',
  width: 640,
  height: 360,
  bitrateBps: 900_000,
  seconds: 4,
  keyframeSeconds: 1,
};
const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

const whip = (stream: string): string => rig.gateway.url(`/whip/${stream}`);

async function tracks(stream: string): Promise<readonly TrackReport[]> {
  const response = await fetch(rig.gateway.url(`/api/streams/${stream}`), {
    signal: AbortSignal.timeout(20_000),
  });
  return ((await response.json()) as { readonly tracks: readonly TrackReport[] }).tracks;
}

async function untilLive(stream: string): Promise<void> {
  await until(`${stream} is live`, async () => (await rig.gateway.stream(stream))?.live, {
    timeoutMs: 20_000,
  });
}

/** Pictures move and the recording's tone sounds. */
async function untilPlaying(page: RigPage, what: string): Promise<[number, number]> {
  const seen = await untilSeen(
    page,
    what,
    ({ framesShown, audio }) => framesShown > 40 && Math.abs(audio.peakHz - 660) < 40,
  );
  return [seen.width, seen.height];
}

/** OBS's sizes and rates of n layers, the largest first: layer k has (n - k) / n of everything. */
function makeLayers(count: number): Promise<readonly Recording[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const share = (count - index) / count;
      const even = (pixels: number): number => Math.round((pixels * share) / 2) * 2;
      return makeRecording({
        ...usual,
        width: even(usual.width),
        height: even(usual.height),
        bitrateBps: Math.round(usual.bitrateBps * share),
      });
    }),
  );
}

describe('simulcast of OBS', () => {
  it.each([2, 3, 4])(
    '%i layers: all are answered and arrive, ranked by size although "0" is the largest, and a viewer gets it',
    async (count) => {
      const stream = `layers${count}`;
      const [recording, ...layers] = await makeLayers(count);
      await using obs = await ObsPublisher.open({ whipUrl: whip(stream), recording: recording!, layers });
      const rids = Array.from({ length: count }, (_, index) => String(index));
      expect(obs.answer).toContain(`a=simulcast:recv ${rids.join(';')}\r\n`);
      for (const rid of rids) expect(obs.answer).toContain(`a=rid:${rid} recv\r\n`);
      await untilLive(stream);
      let found: readonly LayerReport[] = [];
      await until(
        'every layer is measured',
        async () => {
          found = (await tracks(stream)).find(({ kind }) => kind === 'video')?.layers ?? [];
          return (
            found.length === count && found.every(({ width, bitrateBps }) => width > 0 && bitrateBps > 0)
          );
        },
        { timeoutMs: 20_000, detail: () => found },
      );
      const bySize = found.toSorted((a, b) => b.width - a.width);
      expect(bySize.map(({ rid }) => rid)).toEqual(rids);
      expect(bySize[0]?.width).toBe(usual.width);
      await using front = await rig.page();
      await rig.watchWhep(front, stream);
      const seen = await untilSeen(front, 'the largest layer plays', ({ width }) => width === usual.width);
      expect(seen.height).toBe(usual.height);
      expect(obs.connection).toBe('connected');
    },
  );

  it('answers of the wrong layer to NACK harm nobody', async () => {
    const [recording, ...layers] = await makeLayers(2);
    await using obs = await ObsPublisher.open({
      whipUrl: whip('wrong'),
      recording: recording!,
      layers,
      // Sequence numbers of both layers begin at 0, and the packet stored first under one is resent: the large layer's.
      loss: ({ rid, sequence }) => rid === '1' && sequence % 50 === 49,
    });
    await untilLive('wrong');
    await until(
      'the layer without losses is measured',
      async () =>
        (await tracks('wrong')).some(({ layers }) =>
          layers.some(({ rid, width }) => rid === '0' && width > 0),
        ),
      { timeoutMs: 20_000 },
    );
    await using front = await rig.page();
    // By name: the automatic choice may begin with, or on a busy machine go back to, the layer whose losses stay.
    await rig.watchWhep(front, 'wrong?rid=0');
    await untilSeen(front, 'the largest layer plays', ({ width }) => width === usual.width);
    await front.call('resetWatch');
    const before = (await front.call('watchReport')).rtc;
    const asked = obs.counters.resent;
    await until('packets were asked for and resent', () => obs.counters.resent > asked + 10, {
      timeoutMs: 20_000,
      detail: () => obs.counters,
    });
    const seen = await untilSeen(front, 'the picture moves', ({ framesShown }) => framesShown > 60);
    expect([seen.width, seen.rtc?.videoPacketsLost]).toEqual([usual.width, before?.videoPacketsLost]);
    expect(obs.connection).toBe('connected');
  });
});

describe('codecs and bitstreams of OBS', () => {
  it('filler data of constant bitrate, four slices a picture, parameter sets in packets of their own', async () => {
    const options = { ...usual, bitrateBps: 2_500_000, plain: true, slices: 4 };
    const recording = await makeRecording(options);
    const types = recording.pictures[0]!.map((nal) => nal[0]! & 0x1f);
    expect(types.filter((type) => type === 5)).toHaveLength(4);
    expect(types.filter((type) => type === 7 || type === 8)).toEqual([7, 8]);
    expect(recording.pictures.flat().some((nal) => (nal[0]! & 0x1f) === 12)).toBe(true);
    await using obs = await ObsPublisher.open({ whipUrl: whip('filler'), recording });
    await untilLive('filler');
    await using front = await rig.page();
    await using tail = await rig.page();
    await rig.watchWhep(front, 'filler');
    await rig.watchHls(tail, 'filler');
    expect(await untilPlaying(front, 'WHEP plays')).toEqual([640, 360]);
    expect(await untilPlaying(tail, 'LL-HLS plays')).toEqual([640, 360]);
    // Filler is in every picture: what freezes for it freezes in every stretch, and what a busy machine does, in some.
    await until(
      'sixty pictures without a freeze',
      async () => {
        const before = (await front.call('watchReport')).rtc?.freezes;
        await front.call('resetWatch');
        const { rtc } = await untilSeen(front, 'the picture moves', ({ framesShown }) => framesShown > 60);
        return rtc?.freezes === before;
      },
      { timeoutMs: 20_000 },
    );
    expect((await front.call('watchReport')).rtc?.videoPacketsLost).toBe(0);
    expect(obs.connection).toBe('connected');
  });

  it('HEVC plays over LL-HLS, and a viewer without it is told why WHEP is refused', async () => {
    const recording = await makeRecording({ ...usual, codec: 'h265' });
    await using obs = await ObsPublisher.open({ whipUrl: whip('hevc'), recording });
    await untilLive('hevc');
    expect((await rig.gateway.stream('hevc'))?.publisher?.codecs).toContain('h265');
    const refusal = await exchange(rig.gateway.url('/whep/hevc'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: makeOffer({ role: 'viewer', audio: false }),
    });
    expect(problemOf(refusal).code).toBe('no-common-codec');
    await using tail = await rig.page();
    await rig.watchHls(tail, 'hevc');
    expect(await untilPlaying(tail, 'LL-HLS plays')).toEqual([640, 360]);
    expect(await obs.stop()).toBe(200);
  });

  it('AV1 plays in both tiers', async () => {
    const recording = await makeRecording({ ...usual, codec: 'av1', seconds: 2 });
    await using obs = await ObsPublisher.open({ whipUrl: whip('av1'), recording });
    await untilLive('av1');
    await using front = await rig.page();
    await using tail = await rig.page();
    await rig.watchWhep(front, 'av1');
    await rig.watchHls(tail, 'av1');
    expect(await untilPlaying(front, 'WHEP plays')).toEqual([640, 360]);
    expect(await untilPlaying(tail, 'LL-HLS plays')).toEqual([640, 360]);
    const codec = (await front.call('watchReport')).rtc?.videoCodec.toLowerCase();
    expect([codec, obs.connection]).toEqual(['video/av1', 'connected']);
  });
});
