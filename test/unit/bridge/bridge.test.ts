import { expect, test } from 'vitest';
import { systemClock, type Clock } from '#src/core/clock.ts';
import type { Track } from '#src/core/media.ts';
import type { StreamId } from '#src/core/ids.ts';
import { silentLog } from '#src/core/log.ts';
import { openBridge } from '#src/bridge/bridge.ts';
import { bridgeConfig, type BridgeConfig } from '#src/bridge/config.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import type { TapListener } from '#src/bridge/tap.ts';
import { audioTrack, packet, videoTrack } from './units.ts';

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

test('layers of H.264 are heard one by one while there are several, and where that is wished', async () => {
  const heard = async (
    settings: Partial<BridgeConfig>,
    changes: readonly (readonly Track[])[],
  ): Promise<string> => {
    let log = '';
    const listen = (name: string) => (): Disposable => {
      log += name;
      return { [Symbol.dispose]: () => (log += `-${name}`) };
    };
    const bridge = openBridge(
      {
        ...{ stream: 's' as StreamId, ffmpeg: { path: '/bin/false', version: '0' }, log: silentLog },
        ...{ clock: systemClock, segmentTargetMs: 2_000, onEpoch: () => expect.unreachable() },
        taps: { listen: listen('t'), listenLayers: listen('l'), requestKeyframe: () => undefined },
        ladder: new StreamLadder('passthrough', new CoreBudget(1).claim()),
      },
      bridgeConfig.parse(settings),
    );
    for (const tracks of changes) bridge.setTracks(tracks);
    await bridge[Symbol.asyncDispose]();
    return log;
  };
  const layered = [{ ...videoTrack('h264'), rids: ['f', 'h'] }, audioTrack];
  const single = [videoTrack('h264'), audioTrack];
  expect(await heard({}, [layered, [], layered])).toBe('tl-t-l');
  expect(await heard({}, [layered, single])).toBe('tl-l-t');
  expect(await heard({}, [single, layered])).toBe('tl-t-l');
  expect(await heard({ simulcast: false }, [layered])).toBe('t-t');
  expect(await heard({}, [[{ ...videoTrack('vp8'), rids: ['f', 'h'] }]])).toBe('t-t');
});
