import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { StreamStatus } from '#src/core/status.ts';
import { layeredPublisher } from '#test/kit/layered-publisher.ts';
import type { LayeredOptions } from '#test/kit/layered-types.ts';
import { openLossyLeg } from '#test/kit/lossy-leg.ts';
import { openRig, type Rig, untilSeen, usualSource } from '#test/kit/rig.ts';
import { openTcpLeg } from '#test/kit/tcp-leg.ts';
import { stretch, until } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

const threeSizes: Omit<LayeredOptions, 'whipUrl'> = {
  width: 1_280,
  height: 720,
  // Few, so that no encoder falls behind.
  frameRateHz: 15,
  audio: true,
  codec: 'vp8',
  maxBitrateBps: 1_800_000,
  layers: [
    { rid: 'q', scaleDownBy: 4, maxBitrateBps: 120_000 },
    { rid: 'h', scaleDownBy: 2, maxBitrateBps: 400_000 },
    { rid: 'f', scaleDownBy: 1, maxBitrateBps: 1_500_000 },
  ],
};

async function layersOf(stream: string): Promise<readonly unknown[]> {
  const response = await fetch(rig.gateway.url(`/api/streams/${stream}`), {
    signal: AbortSignal.timeout(20_000),
  });
  const { tracks } = (await response.json()) as Pick<StreamStatus, 'tracks'>;
  return tracks.find(({ kind }) => kind === 'video')?.layers ?? [];
}

describe('where no UDP goes through', () => {
  it('publishes and watches over TCP alone, and the API says so', async () => {
    await using leg = await openTcpLeg(rig.gateway);
    await using publisher = await rig.page();
    await using viewer = await rig.page();
    await publisher.call('publish', { ...usualSource, whipUrl: leg.url('/whip/tcp'), gathering: 'none' });
    await until('it is live', async () => (await rig.gateway.stream('tcp'))?.live, { timeoutMs: 30_000 });
    await viewer.call('watchWhep', { whepUrl: leg.url('/whep/tcp'), gathering: 'none' });
    const seen = await untilSeen(viewer, 'the picture moves', (report) => report.framesRead > 90);
    expect(seen.rtc).toMatchObject({ connection: 'connected', transport: 'tcp' });
    expect(leg.connections).toBeGreaterThanOrEqual(2);
    expect(leg.swallowed).toBeGreaterThan(0);
    const facts = await until(
      'the API knows',
      async () => {
        const stream = await rig.gateway.stream('tcp');
        return stream?.interactivePeers[0]?.transport === 'tcp' ? stream : undefined;
      },
      { timeoutMs: 10_000 },
    );
    expect(facts.publisher?.transport).toBe('tcp');
    expect(await publisher.call('unpublish')).toBe(200);
  });

  it('goes on over a new connection after an ICE restart', async () => {
    await using leg = await openTcpLeg(rig.gateway);
    await using publisher = await rig.page();
    await using viewer = await rig.page();
    await rig.publish(publisher, 'tcp-restart');
    await viewer.call('watchWhep', { whepUrl: leg.url('/whep/tcp-restart'), gathering: 'none' });
    await untilSeen(viewer, 'the picture moves', (report) => report.framesRead > 30);
    const before = leg.connections;
    expect(await viewer.call('restartIce')).toBe(200);
    await until('a new connection', () => leg.connections > before, { timeoutMs: 20_000 });
    await sleep(2_000);
    await viewer.call('resetWatch');
    const seen = await untilSeen(viewer, 'the picture moves on', (report) => report.framesRead > 30);
    expect(seen.rtc).toMatchObject({ connection: 'connected', transport: 'tcp' });
  });

  it('is given a smaller picture where the way is narrow, and is not served later and later', async () => {
    await using leg = await openTcpLeg(rig.gateway);
    await using page = await rig.page();
    await using viewer = await rig.page();
    const publisher = await layeredPublisher(page);
    const whipUrl = rig.gateway.url('/whip/tcp-narrow');
    await publisher.publish({ ...threeSizes, whipUrl });
    await until('it has three layers', async () => (await layersOf('tcp-narrow')).length === 3, {
      timeoutMs: 60_000,
    });
    await viewer.call('watchWhep', { whepUrl: leg.url('/whep/tcp-narrow'), gathering: 'none' });
    await untilSeen(viewer, 'the largest picture', (report) => report.width === 1_280, 60_000);
    leg.limit(700_000);
    await untilSeen(viewer, 'a smaller picture', (report) => report.width < 1_280, 60_000);
    await sleep(3_000);
    await viewer.call('resetWatch');
    await untilSeen(viewer, 'it goes on', (report) => report.framesShown > 30);
    const [status] = (await rig.gateway.stream('tcp-narrow'))?.interactivePeers ?? [];
    expect(status?.transport).toBe('tcp');
    // Seconds of media would wait in the way by now, had the rate stayed what it was.
    expect(status?.rttMs).toBeLessThan(2_000 * stretch());
  }, 180_000);

  it('comes back after the way was stuck, and others do not notice', async () => {
    await using leg = await openTcpLeg(rig.gateway);
    await using publisher = await rig.page();
    await using stuck = await rig.page();
    await using other = await rig.page();
    await rig.publish(publisher, 'tcp-stuck');
    await stuck.call('watchWhep', { whepUrl: leg.url('/whep/tcp-stuck'), gathering: 'none' });
    await rig.watchWhep(other, 'tcp-stuck');
    await untilSeen(stuck, 'the picture moves', (report) => report.framesRead > 30);
    await untilSeen(other, 'the other picture moves', (report) => report.framesRead > 30);
    leg.stall(true);
    await Promise.all([stuck.call('resetWatch'), other.call('resetWatch')]);
    await sleep(6_000);
    const [frozen, moving] = await Promise.all([stuck.call('watchReport'), other.call('watchReport')]);
    expect(frozen.longestGapMs).toBeGreaterThan(4_000);
    expect(moving.longestGapMs).toBeLessThan(3_000 * stretch());
    expect(moving.rtc).toMatchObject({ transport: 'udp', videoPacketsLost: 0 });
    leg.stall(false);
    await stuck.call('resetWatch');
    await untilSeen(stuck, 'the picture moves again', (report) => report.framesRead > 30);
  });
});

describe('an answer that names only a configured address', () => {
  it('works through a NAT that gives every client another port, and UDP is what is used', async () => {
    await using leg = await openLossyLeg(rig.gateway);
    await using publisher = await rig.page();
    await using viewer = await rig.page();
    await publisher.call('publish', { ...usualSource, whipUrl: leg.url('/whip/nat'), gathering: 'complete' });
    await until('it is live', async () => (await rig.gateway.stream('nat'))?.live, { timeoutMs: 30_000 });
    await viewer.call('watchWhep', { whepUrl: leg.url('/whep/nat'), gathering: 'complete' });
    const seen = await untilSeen(viewer, 'the picture moves', (report) => report.framesRead > 30);
    expect(seen.rtc).toMatchObject({ connection: 'connected', transport: 'udp' });
    const offered = seen.rtc?.offer.match(/^a=candidate:.*$/gm) ?? [];
    const stream = await until(
      'the API knows',
      async () => {
        const facts = await rig.gateway.stream('nat');
        return facts?.interactivePeers[0]?.transport === 'udp' ? facts : undefined;
      },
      { timeoutMs: 10_000 },
    );
    // The port that the NAT chose, which no candidate ever named.
    const [, port] = stream.interactivePeers[0]!.address.split(':');
    expect(offered.filter((line) => line.includes(` ${String(port)} typ`))).toEqual([]);
  });
});
