import profiles from '../../ffmpeg/profiles.json' with { type: 'json' };
import type { TrackKind } from '#src/core/media.ts';
import type { CodecConfig } from './depacketise/unit.ts';

/** One output of FFmpeg: one track as fragmented MP4. */
export interface OutputPlan {
  readonly kind: TrackKind;
  /** Rendition id, e.g. v0. */
  readonly rendition: string;
  /** Options in front of the output's address. */
  readonly options: readonly string[];
}

/** What one FFmpeg process does. The flags and their reasons are in ffmpeg/. */
export interface FfmpegPlan {
  readonly input: readonly string[];
  readonly outputs: readonly OutputPlan[];
  readonly video: 'passthrough' | 'transcode' | 'none';
  readonly audio: 'transcode' | 'none';
  /** Size of encoded video; it stays over changes of the input's size. */
  readonly width: number;
  readonly height: number;
}

/** What goes into a process, in the order of the Matroska tracks. */
export interface PlanRequest {
  readonly video: CodecConfig | undefined;
  readonly audio: CodecConfig | undefined;
  readonly passthrough: boolean;
  /** Passing through, pictures come in decoding order with both times: see `matroskaReorderedBlock`. */
  readonly reordered?: boolean;
  readonly videoBitrateBps: number;
  readonly audioBitrateBps: number;
}

/** Media time of the first frame at the outputs: room for the encoder's priming samples before it. */
export const baseMediaTimeMs: number = profiles.timestampOffsetMs;

/** The arguments for these tracks. */
export function planFfmpeg(request: PlanRequest): FfmpegPlan {
  const { video, audio, passthrough, reordered = false } = request;
  // 4:2:0 needs even sizes.
  const width = (video?.width ?? 0) & ~1;
  const height = (video?.height ?? 0) & ~1;
  const values = {
    width,
    height,
    videoBitrateBps: request.videoBitrateBps,
    audioBitrateBps: request.audioBitrateBps,
  };
  const outputs: OutputPlan[] = [];
  const copy = reordered ? profiles.videoCopyReordered : profiles.videoCopy;
  if (video) outputs.push(output('video', passthrough ? copy : profiles.videoEncode, values));
  if (audio) outputs.push(output('audio', profiles.audioEncode, values));
  return {
    input: profiles.input,
    outputs,
    video: video ? (passthrough ? 'passthrough' : 'transcode') : 'none',
    audio: audio ? 'transcode' : 'none',
    width,
    height,
  };
}

function output(
  kind: TrackKind,
  options: readonly string[],
  values: Readonly<Record<string, number>>,
): OutputPlan {
  const filled = options.map((option) =>
    option.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name])),
  );
  return { kind, rendition: kind === 'video' ? 'v0' : 'a0', options: [...filled, ...profiles.fragments] };
}
