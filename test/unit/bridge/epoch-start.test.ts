import { expect, test } from 'vitest';
import { silentLog, type Log } from '#src/core/log.ts';
import { bridgeConfig } from '#src/bridge/config.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import { opusConfig } from '#src/bridge/depacketise/opus.ts';
import { startEpoch, type EpochStart } from '#src/bridge/epoch-start.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import { videoWay } from '#src/bridge/video-way.ts';
import { h264Config } from './kept-units.ts';

const start: EpochStart = {
  ...{ number: 7, config: h264Config(1280, 720), hasSound: true, sounds: [] },
  way: videoWay({ codec: 'h264', backwards: false, reorderDepth: 0 }),
  ...{ startedWallMs: 5_000, pastMs: 0, nowMs: 0 },
};

/** What is planned for a start, and what the log hears; the program ends at once. */
async function started(changes: Partial<EpochStart>) {
  const lines: unknown[] = [];
  const log: Log = { ...silentLog, info: (fields, sentence) => void lines.push([sentence, fields]) };
  using ladder = new StreamLadder('ladder-2', new CoreBudget(8).claim());
  const makers = { ffmpeg: { path: '/bin/false', version: '0' }, log, ladder };
  const epoch = startEpoch(makers, { ...start, ...changes }, bridgeConfig.parse({}));
  await epoch.kill();
  await epoch.ended;
  return { epoch, lines };
}

test('video that passes through gets its rungs, and the log hears of them', async () => {
  const { epoch, lines } = await started({});
  expect(epoch.plan.outputs.map(({ rendition }) => rendition)).toEqual(['v0', 'v1', 'a0']);
  expect([epoch.number, epoch.startedWallMs, epoch.shownMs]).toEqual([7, 5_000, undefined]);
  const fields = { epoch: 7, video: 'passthrough', audio: 'transcode', rungs: ['640x360'] };
  expect(lines).toEqual([['epoch begins', fields]]);
});

test('sound alone has no rungs, and pictures alone no sound', async () => {
  const heard = await started({
    config: opusConfig,
    way: videoWay({ codec: 'opus', backwards: false, reorderDepth: 0 }),
  });
  expect(heard.epoch.plan).toMatchObject({ video: 'none', audio: 'transcode', rungs: [] });
  const seen = await started({ hasSound: false });
  expect(seen.epoch.plan).toMatchObject({ video: 'passthrough', audio: 'none' });
});
