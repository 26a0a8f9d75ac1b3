import { expect, test } from 'vitest';
import type { Clock } from '#src/core/clock.ts';
import type { StreamId } from '#src/core/ids.ts';
import { silentLog } from '#src/core/log.ts';
import { brokenBridge, openBridge } from '#src/bridge/bridge.ts';
import { bridgeConfig } from '#src/bridge/config.ts';
import type { TapListener } from '#src/bridge/tap.ts';
import { audioTrack, packet, videoTrack } from './units.ts';

test('without FFmpeg a bridge says why and is otherwise a bridge', async () => {
  const bridge = brokenBridge('install FFmpeg');
  bridge.setTracks([videoTrack('h264')]);
  expect(bridge.report).toMatchObject({
    state: 'failed',
    problem: 'install FFmpeg',
    video: 'none',
    audio: 'none',
  });
  await bridge[Symbol.asyncDispose]();
  expect(await bridge.closed).toEqual({ by: 'owner' });
});

test('media without a keyframe starts nothing; a keyframe is asked for, and disposal stops listening', async () => {
  let nowMs = 1_000;
  const clock: Clock = { nowMs: () => nowMs, wallMs: () => nowMs };
  let listener: TapListener | undefined;
  let listening = true;
  const asked = Promise.withResolvers<undefined>();
  const bridge = openBridge(
    {
      stream: 's' as StreamId,
      ffmpeg: { path: '/bin/false', version: '0' },
      clock,
      log: silentLog,
      segmentTargetMs: 2_000,
      onEpoch: () => expect.unreachable(),
      taps: {
        listen: (heard) => {
          listener = heard;
          return { [Symbol.dispose]: () => (listening = false) };
        },
        requestKeyframe: () => asked.resolve(undefined),
      },
    },
    bridgeConfig.parse({}),
  );
  bridge.setTracks([videoTrack('h264'), audioTrack]);
  listener?.packets([packet(1, 0, [0x41, 0x9a, 1], true), packet(2, 3000, [0x41, 0x9a, 2], true)]);
  await asked.promise;
  expect(bridge.report).toMatchObject({
    state: 'waiting',
    epoch: 0,
    framesIn: 0,
    framesDropped: 2,
    pid: undefined,
  });
  nowMs += 60_000;
  await bridge[Symbol.asyncDispose]();
  expect(listening).toBe(false);
  expect(await bridge.closed).toEqual({ by: 'owner' });
});
