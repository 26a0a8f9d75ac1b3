import type Hls from 'hls.js';
import { holdBackMs } from './hls-latency.ts';

/** The parts of the hls.js module that are used. */
export type HlsModule = typeof import('hls.js');

let loading: Promise<HlsModule> | undefined;

/** Loads hls.js from the gateway that served this file, once. */
export function loadHls(): Promise<HlsModule> {
  const address = new URL('/vendor/hls.mjs', import.meta.url).href;
  loading ??= (import(address) as Promise<HlsModule>).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** What the latency controller needs to know about an hls.js instance. */
export interface LiveEdge {
  readonly latencyMs: number;
  readonly bufferMs: number;
  readonly partMs: number;
  readonly holdBackMs: number;
}

/** Reads where the live edge is; undefined before the first playlist or for a stream that ended. */
export function readLiveEdge(hls: Hls, video: HTMLVideoElement): LiveEdge | undefined {
  const details = hls.latestLevelDetails;
  if (details === null || !details.live) return undefined;
  const partMs = details.partTarget * 1000;
  return {
    latencyMs: (details.edge + Math.min(details.age, 3 * details.targetduration) - video.currentTime) * 1000,
    bufferMs: bufferedAheadMs(video),
    partMs,
    holdBackMs: holdBackMs(details),
  };
}

/** Media ready to play from the current position on. */
export function bufferedAheadMs(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + 0.1 && currentTime < buffered.end(index)) {
      return (buffered.end(index) - currentTime) * 1000;
    }
  }
  return 0;
}
