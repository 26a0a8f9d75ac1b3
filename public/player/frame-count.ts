/** What of a video element tells that its picture moves. */
export interface CountingVideo {
  readonly currentTime: number;
  getVideoPlaybackQuality(): { readonly totalVideoFrames: number };
  /** Firefox's own counter, which knows frames of a MediaStream too. */
  readonly mozPaintedFrames?: number;
}

/**
 * A number that grows with every frame of a live stream, as far as the browser counts: Firefox's playback quality stays at 0
 * for a MediaStream, so there it is the frames painted, and in a page that nobody sees, where none are painted, the clock.
 */
export function frameCount(video: CountingVideo, isHidden: boolean): number {
  const { totalVideoFrames } = video.getVideoPlaybackQuality();
  if (totalVideoFrames > 0) return totalVideoFrames;
  return isHidden ? video.currentTime : (video.mozPaintedFrames ?? video.currentTime);
}
