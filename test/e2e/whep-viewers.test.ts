import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openPassiveDoor } from '#test/kit/passive-door.ts';
import { openRig, type Rig, untilSeen, usualSource } from '#test/kit/rig.ts';
import { stretch } from '#test/kit/wait.ts';

const life = new AsyncDisposableStack();
let rig: Rig;

beforeAll(async () => {
  rig = life.use(await openRig());
});
afterAll(() => life.disposeAsync());

describe('a WHEP viewer', () => {
  it.each(['vp9', 'av1'] as const)('decodes %s', async (codec) => {
    await using publisher = await rig.page();
    await using viewer = await rig.page();
    await rig.publish(publisher, codec, { codec });
    await rig.watchWhep(viewer, codec);
    const seen = await untilSeen(viewer, `${codec} plays`, (report) => report.framesRead > 45, 60_000);
    expect(seen.rtc?.videoCodec.toLowerCase()).toBe(`video/${codec}`);
    expect(seen.glass.p50Ms).toBeLessThan(2_000 * stretch());
  });

  it('connects with nothing but mDNS candidates, which the gateway never resolves', async () => {
    await using publisher = await rig.page();
    await using viewer = await rig.page();
    await rig.publish(publisher, 'mdns');
    const whepUrl = rig.gateway.url('/whep/mdns');
    await viewer.call('watchWhep', { whepUrl, gathering: 'complete' });
    const seen = await untilSeen(viewer, 'the picture moves', (report) => report.framesRead > 10);
    const hosts = seen.rtc?.offer.match(/^a=candidate:.*$/gm) ?? [];
    expect(hosts.length).toBeGreaterThan(0);
    expect(hosts.filter((line) => !line.includes('.local '))).toEqual([]);
  });

  it('may insist on being the DTLS server, and so may its publisher', async () => {
    await using door = await openPassiveDoor(rig.gateway);
    await using publisher = await rig.page();
    await using viewer = await rig.page();
    const whipUrl = door.url('/whip/passive');
    await publisher.call('publish', { ...usualSource, whipUrl, gathering: 'none' });
    await viewer.call('watchWhep', { whepUrl: door.url('/whep/passive'), gathering: 'none' });
    const seen = await untilSeen(viewer, 'the picture moves', (report) => report.framesRead > 30);
    expect(seen.rtc?.connection).toBe('connected');
    expect(door.answers.map((answer) => new Set(answer.match(/^a=setup:.*$/gm)))).toEqual([
      new Set(['a=setup:active']),
      new Set(['a=setup:active']),
    ]);
    expect(await publisher.call('unpublish')).toBe(200);
  });

  it('plays on through an ICE restart', async () => {
    await using publisher = await rig.page();
    await using viewer = await rig.page();
    await rig.publish(publisher, 'restart');
    await rig.watchWhep(viewer, 'restart');
    await untilSeen(viewer, 'the picture moves', (report) => report.framesRead > 30);
    expect(await viewer.call('restartIce')).toBe(200);
    await viewer.call('resetWatch');
    await sleep(2_000);
    const seen = await untilSeen(viewer, 'the picture moves on', (report) => report.framesRead > 30);
    expect(seen.rtc?.connection).toBe('connected');
    expect(seen.longestGapMs).toBeLessThan(3_000 * stretch());
  });

  it('stays connected when another page takes the stream over, and shows that one', async () => {
    await using first = await rig.page();
    await using second = await rig.page();
    await using viewer = await rig.page();
    const before = await rig.publish(first, 'takeover', { toneHz: 440 });
    await rig.watchWhep(viewer, 'takeover');
    await untilSeen(viewer, 'the first tone sounds', (report) => Math.abs(report.audio.peakHz - 440) < 40);
    await untilSeen(viewer, 'the first picture moves', (report) => report.framesRead > 30);
    const after = await rig.publish(second, 'takeover', { toneHz: 880 });
    expect(after).not.toBe(before);
    await untilSeen(viewer, 'the second tone sounds', (report) => Math.abs(report.audio.peakHz - 880) < 40);
    await viewer.call('resetWatch');
    const seen = await untilSeen(viewer, 'the second picture moves', (report) => report.framesRead > 60);
    expect(seen.rtc?.connection).toBe('connected');
    expect(seen.glass.p50Ms).toBeLessThan(1_000 * stretch());
    expect(await second.call('unpublish')).toBe(200);
  });
});
