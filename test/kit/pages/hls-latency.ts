import type Hls from 'hls.js';

/** Steers the playback rate so that the player stays at the playlist's hold-back and never runs dry. */
export function keepLatency(hls: Hls, video: HTMLVideoElement): void {
  const target = hls.targetLatency;
  if (target === null || video.paused || hls.latency === 0) return;
  const { buffered, currentTime } = video;
  const end = buffered.length === 0 ? currentTime : buffered.end(buffered.length - 1);
  const error = hls.latency - target;
  if (error > 3 && hls.liveSyncPosition !== null) video.currentTime = hls.liveSyncPosition;
  else video.playbackRate = rateFor(error, end - currentTime);
}

function rateFor(errorS: number, bufferS: number): number {
  if (bufferS < 0.12) return 0.9;
  if (errorS > 0.03 && bufferS > 0.2) return Math.min(1.25, 1 + 0.6 * errorS);
  return errorS < -0.08 ? 0.95 : 1;
}
