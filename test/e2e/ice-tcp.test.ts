import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openLossyLeg } from '#test/kit/lossy-leg.ts';
import { openRig, type Rig, untilSeen, usualSource } from '#test/kit/rig.ts';
import { openTcpLeg } from '#test/kit/tcp-leg.ts';
import { until } from '#test/kit/wait.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

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
    await sleep(4_000);
    const [frozen, moving] = await Promise.all([stuck.call('watchReport'), other.call('watchReport')]);
    expect(frozen.longestGapMs).toBeGreaterThan(2_000);
    expect(moving.longestGapMs).toBeLessThan(2_000);
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
