import { afterAll, beforeAll, expect, it } from 'vitest';

import { CountingViewer } from '#test/kit/counting-viewer.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { openPassiveDoor, type PassiveDoor } from '#test/kit/passive-door.ts';
import { makeRecording, type Recording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

const small = { width: 320, height: 180, bitrateBps: 300_000, seconds: 2, keyframeSeconds: 1 } as const;
const life = new AsyncDisposableStack();
let gateway: Gateway;
let door: PassiveDoor;
let recording: Recording;

beforeAll(async () => {
  gateway = life.use(await startGateway());
  door = life.use(await openPassiveDoor(gateway));
  recording = await makeRecording({ codec: 'h264', ...small });
});
afterAll(() => life.disposeAsync());

it('a publisher and viewers that insist on being the DTLS server get through, and every packet with them', async () => {
  await using publisher = await ObsPublisher.open({ whipUrl: door.url('/whip/passive'), recording });
  expect(publisher.answer.match(/^a=setup:.*$/gm)).toEqual(['a=setup:active', 'a=setup:active']);
  await until('the stream is live', async () => (await gateway.stream('passive'))?.live, {
    timeoutMs: 10_000,
  });
  await using passive = await CountingViewer.open(door.url('/whep/passive'));
  await using usual = await CountingViewer.open(gateway.url('/whep/passive'));
  expect(passive.session.answer).toContain('a=setup:active');
  expect(usual.session.answer).toContain('a=setup:passive');
  for (const viewer of [passive, usual]) {
    await until('media flows', () => viewer.video.instants > 45 && viewer.audio.packets > 60, {
      timeoutMs: 20_000,
      detail: () => [viewer.video, viewer.audio],
    });
    expect([viewer.video.missing, viewer.audio.missing]).toEqual([0, 0]);
  }
  // Both ways: what a viewer asks for arrives, and so does what the gateway asks the publisher for.
  const before = publisher.counters.keyframeRequests;
  passive.requestKeyframe();
  await until('the publisher is asked for a keyframe', () => publisher.counters.keyframeRequests > before, {
    timeoutMs: 10_000,
  });
  expect(await passive.session.end()).toBe(200);
  await until('its peer hears the goodbye', () => passive.connection === 'closed', {
    timeoutMs: 10_000,
    detail: () => passive.connection,
  });
  expect(await publisher.stop()).toBe(200);
});
