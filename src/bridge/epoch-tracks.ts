import type { TrackKind } from '#src/core/media.ts';
import type { CodecConfig } from './depacketise/unit.ts';
import { opusConfig } from './depacketise/opus.ts';
import { matroskaHeader, type TrackHead } from './matroska.ts';
import type { FfmpegPlan } from './profile.ts';

/** What goes into a process. */
export interface EpochInput {
  readonly plan: FfmpegPlan;
  readonly video: CodecConfig | undefined;
  readonly audio: CodecConfig | undefined;
}

/** The Matroska tracks of an epoch, whose numbers count from 1. */
export interface EpochTracks {
  /** Kinds of the first ones: what the publisher sends. */
  readonly kinds: readonly TrackKind[];
  /** The video in the times of the screen, for the encoders; 0: there is none. */
  readonly shown: number;
  /** Copied simulcast layers follow one another from here on. */
  readonly firstLayer: number;
  /** Sounds beside the first follow one another from here on. */
  readonly firstSound: number;
  readonly header: Uint8Array;
}

/** What encoders assume; x264 goes by the real times. */
const usualPictureMs = 1000 / 30;

/** Which tracks a process gets. */
export function epochTracks({ plan, video, audio }: EpochInput): EpochTracks {
  const configs = [video, audio].filter((config) => config !== undefined);
  const shown = plan.shownTrack && video ? [video] : [];
  // Encoded from where there is no copy of it, or else from the track beside the copy.
  const heads = plan.encoder && shown.length === 0 ? configs.map(decoded) : configs;
  const layers = plan.layers.map(({ config }) => config);
  const sounds = plan.sounds.filter(({ index }) => index > 0).map(() => opusConfig);
  const firstLayer = configs.length + shown.length + 1;
  return {
    kinds: configs.map((config) => (config.codec === 'opus' ? 'audio' : 'video')),
    shown: shown.length > 0 ? configs.length + 1 : 0,
    firstLayer,
    firstSound: firstLayer + layers.length,
    header: matroskaHeader([...heads, ...shown.map(decoded), ...layers, ...sounds]),
  };
}

/** A track for an encoder: without a word about their rate it takes its pictures for a hundred thousand a second. */
function decoded(config: CodecConfig): TrackHead {
  return config.codec === 'opus' ? config : { ...config, pictureMs: usualPictureMs };
}
