import type { SoundChoice } from '#src/core/cmaf.ts';
import type { Log } from '#src/core/log.ts';
import type { BridgeConfig } from './config.ts';
import { opusConfig } from './depacketise/opus.ts';
import type { CodecConfig } from './depacketise/unit.ts';
import type { StreamEncoder } from './encoders-stream.ts';
import { Epoch } from './epoch.ts';
import type { FfmpegFound } from './ffmpeg.ts';
import { planFfmpeg } from './profile.ts';
import type { StreamLadder } from './stream-ladder.ts';
import type { VideoWay } from './video-way.ts';

/** Who has a say in how an epoch is made. */
export interface EpochMakers {
  readonly ffmpeg: FfmpegFound;
  readonly log: Log;
  /** Qualities below the top; absent: none. */
  readonly ladder?: StreamLadder;
  /** Who encodes; absent: x264. */
  readonly encoder?: StreamEncoder;
}

/** What an epoch begins with. */
export interface EpochStart {
  readonly number: number;
  /** Of what leads. */
  readonly config: CodecConfig;
  readonly hasSound: boolean;
  readonly sounds: readonly SoundChoice[];
  /** How its video gets through. */
  readonly way: VideoWay;
  readonly startedWallMs: number;
  readonly pastMs: number;
  readonly nowMs: number;
}

/** Plans an epoch, starts its FFmpeg and tells the log. */
export function startEpoch(makers: EpochMakers, start: EpochStart, settings: BridgeConfig): Epoch {
  const { number, config, way, sounds, startedWallMs, pastMs, nowMs } = start;
  const { videoBitrateBps, audioBitrateBps, opus, inputLimitBytes, memoryLimitBytes } = settings;
  const { passthrough, reorderDepth } = way;
  const video = config.codec === 'opus' ? undefined : config;
  const audio = start.hasSound ? opusConfig : undefined;
  const reordered = reorderDepth > 0;
  // One of which nothing is said is no choice.
  const soundCount = audio ? Math.max(1, sounds.length) : 0;
  const { encoded: rungs = [], copies: layers = [] } =
    (video && makers.ladder?.plan(video, { passthrough, nowMs, sounds: soundCount })) ?? {};
  const encoder = makers.encoder?.choose(nowMs);
  const plan = planFfmpeg({
    ...(encoder && { encoder }),
    ...{ video, audio, passthrough, reordered, rungs, layers },
    ...{ videoBitrateBps, audioBitrateBps, opus, sounds },
  });
  const limits = { inputLimitBytes, memoryLimitBytes };
  const request = { number, plan, video, audio, startedWallMs, way, pastMs, ...limits };
  const epoch = new Epoch(makers.ffmpeg, request, nowMs);
  const order = {
    ...(reordered && { reorderDepth }),
    ...(rungs.length > 0 && { rungs: rungs.map(({ width, height }) => `${width}x${height}`) }),
    ...(layers.length > 0 && { layers: layers.map(({ rid }) => rid) }),
    ...(plan.sounds.length > 1 && { sounds: plan.sounds.map(({ name }) => name) }),
  };
  makers.log.info({ epoch: number, video: plan.video, audio: plan.audio, ...order }, 'epoch begins');
  return epoch;
}
