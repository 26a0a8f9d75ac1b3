import profiles from '../../ffmpeg/profiles.json' with { type: 'json' };
import type { SoundChoice } from '#src/core/cmaf.ts';
import type { SoundIndex, TrackKind } from '#src/core/media.ts';
import type { CodecConfig } from './depacketise/unit.ts';
import { encoderArguments, software, type EncoderUse } from './encoders.ts';
import type { Rung } from './ladder.ts';
import { layerCopyOptions, type LayerCopy } from './layers/layer-copy.ts';

/** One output of FFmpeg: one track as fragmented MP4. */
export interface OutputPlan {
  readonly kind: TrackKind;
  /** Rendition id, e.g. v0. */
  readonly rendition: string;
  /** What is said of a sound; absent where nothing is, and for video. */
  readonly sound?: SoundChoice | undefined;
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
  /** Encoded below the top, from the upper end down. */
  readonly rungs: readonly Rung[];
  /** Pictures come twice: once to be copied, and in a track of their own, with the times of the screen, to be encoded. */
  readonly shownTrack: boolean;
  /** Copied layers of a simulcast publisher, each in a video track of its own behind the others. */
  readonly layers: readonly LayerCopy[];
  /** Sounds of which something is said; those beside the first each have a track of their own behind all others. */
  readonly sounds: readonly SoundChoice[];
  /** Who encodes; undefined where video is only copied, or there is none. */
  readonly encoder: EncoderUse | undefined;
}

/** What goes into a process, in the order of the Matroska tracks. */
export interface PlanRequest {
  readonly video: CodecConfig | undefined;
  readonly audio: CodecConfig | undefined;
  readonly passthrough: boolean;
  /** Passing through, pictures come in decoding order with both times: see `matroskaReorderedBlock`. */
  readonly reordered?: boolean;
  /** Qualities below the top. */
  readonly rungs?: readonly Rung[];
  /** Layers of a simulcast publisher that are copied, too, where the top is. */
  readonly layers?: readonly LayerCopy[];
  /** What is said of the sounds, those beside the first included; they go where the first goes. */
  readonly sounds?: readonly SoundChoice[];
  /** Of a top that is encoded. */
  readonly videoBitrateBps: number;
  readonly audioBitrateBps: number;
  /** The publisher's Opus goes out as it is, too. */
  readonly opus?: boolean;
  /** Who encodes video, where any is encoded; x264 when it is absent. */
  readonly encoder?: EncoderUse;
}

/** How a picture is encoded. */
export interface VideoEncoding {
  readonly encoder: EncoderUse;
  /** Which video track of the input. */
  readonly source: number;
  /** Where keyframes are forced, as FFmpeg's `-force_key_frames` has it. */
  readonly keyframes: string;
  /** Filters behind the scaling, in front of what takes the picture to a device. */
  readonly filters?: string;
}

/** Media time of the first frame at the outputs: room for the encoder's priming samples before it. */
export const baseMediaTimeMs: number = profiles.timestampOffsetMs;

/** The arguments for these tracks. */
export function planFfmpeg(request: PlanRequest): FfmpegPlan {
  const { video, audio, passthrough, reordered = false, videoBitrateBps, audioBitrateBps } = request;
  // 4:2:0 needs even sizes.
  const width = (video?.width ?? 0) & ~1;
  const height = (video?.height ?? 0) & ~1;
  const rungs = video ? (request.rungs ?? []) : [];
  // FFmpeg 5.1 copies a track a frame late when it decodes the same track, too.
  const shownTrack = passthrough && rungs.length > 0;
  const source = shownTrack ? 1 : 0;
  const copy = reordered ? profiles.videoCopyReordered : profiles.videoCopy;
  const { encoder = software } = request;
  const encodes = video !== undefined && (!passthrough || rungs.length > 0);
  const encode = (rung: Rung): OutputPlan => encodedVideo(rung, { encoder, source, keyframes: 'source' });
  const outputs: OutputPlan[] = [];
  if (video && passthrough) outputs.push(output('video', 'v0', copy));
  else if (video) outputs.push(encode({ rendition: 'v0', width, height, bitrateBps: videoBitrateBps }));
  outputs.push(...rungs.map(encode));
  const layers = passthrough ? (request.layers ?? []) : [];
  for (const [index, copy] of layers.entries())
    outputs.push(output('video', copy.rendition, layerCopyOptions(copy, source + 1 + index)));
  const sounds = audio ? (request.sounds ?? []) : [];
  if (audio) outputs.push(...soundOutputs(sounds, { audioBitrateBps, opus: request.opus ?? false }));
  return {
    input: encodes ? [...encoderArguments(encoder).global, ...profiles.input] : profiles.input,
    outputs,
    video: video ? (passthrough ? 'passthrough' : 'transcode') : 'none',
    audio: audio ? 'transcode' : 'none',
    width,
    height,
    rungs,
    shownTrack,
    layers,
    sounds,
    encoder: encodes ? encoder : undefined,
  };
}

/** Each sound as AAC and, where it is wished for, as it came. */
function soundOutputs(
  sounds: readonly SoundChoice[],
  { audioBitrateBps, opus }: { readonly audioBitrateBps: number; readonly opus: boolean },
): readonly OutputPlan[] {
  const aacCoder = audioBitrateBps >= profiles.fastAacFromBps ? 'fast' : 'twoloop';
  const asides = sounds.filter(({ index }) => index > 0);
  const all = [sounds.find(({ index }) => index === 0), ...asides];
  return all.flatMap((sound, source) => {
    const from = (options: readonly string[]): readonly string[] =>
      options.map((option) => (option === '0:a:0' ? `0:a:${String(source)}` : option));
    const { aac, copy } = soundRenditions(sound?.index ?? 0);
    const encoded = filled(profiles.audioEncode, { audioBitrateBps, aacCoder });
    const told = sound && { sound };
    return [
      { ...output('audio', aac, from(encoded)), ...told },
      ...(opus ? [{ ...output('audio', copy, from(profiles.audioCopy)), ...told }] : []),
    ];
  });
}

/** Rendition ids of a sound: even numbers are AAC, odd ones Opus. */
function soundRenditions(index: SoundIndex): { readonly aac: string; readonly copy: string } {
  return { aac: `a${String(2 * index)}`, copy: `a${String(2 * index + 1)}` };
}

/** Whether a rendition is sound as the publisher sent it. */
export function isCopiedSound(rendition: string): boolean {
  return /^a\d*[13579]$/.test(rendition);
}

/** One rung encoded. */
export function encodedVideo(rung: Rung, encoding: VideoEncoding): OutputPlan {
  const { encoder, source, keyframes, filters = '' } = encoding;
  const { codec, upload, fragments, options } = encoderArguments(encoder);
  const { rendition, ...sizes } = rung;
  const values = { ...sizes, source, keyframes, codec, upload: filters + upload };
  const all = [...filled(profiles.videoEncode, values), ...options, ...filled(profiles.videoRate, values)];
  const planned = output('video', rendition, all);
  if (fragments === '') return planned;
  const flags = profiles.fragments[profiles.fragments.indexOf('-movflags') + 1];
  return {
    ...planned,
    options: planned.options.map((option) => (option === flags ? `${option}${fragments}` : option)),
  };
}

/** An output with the options that all have behind its own. */
export function output(kind: TrackKind, rendition: string, options: readonly string[]): OutputPlan {
  return { kind, rendition, options: [...options, ...profiles.fragments] };
}

/** Options with values in place of the braces. */
export function filled(
  options: readonly string[],
  values: Readonly<Record<string, number | string>>,
): readonly string[] {
  return options.map((option) => option.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name])));
}
