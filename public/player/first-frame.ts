import type { TierPlayback } from './tier.ts';

/**
 * Resolves when the element shows its first frame, or plays sound when there is no picture; rejects after `timeoutMs` or
 * when the signal aborts.
 */
export function firstFrame(video: HTMLVideoElement, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const startedAt = video.currentTime;
    const finish = (settle: () => void): void => {
      clearInterval(poll);
      done.abort();
      settle();
    };
    const look = (): void => {
      const moving = video.currentTime > startedAt && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
      if (moving) finish(resolve);
    };
    const poll = setInterval(look, 50);
    video.addEventListener('timeupdate', look, { signal: done.signal });
    patience.addEventListener(
      'abort',
      () => {
        finish(() =>
          reject(
            signal.aborted
              ? new DOMException('Stopped', 'AbortError')
              : new Error('No picture came in time.'),
          ),
        );
      },
      { once: true, signal: done.signal },
    );
  });
}

/** Begins a playback and resolves at its first frame; whatever comes in between closes it and is thrown. */
export async function openedBy(
  playback: TierPlayback,
  begin: () => void,
  when: { readonly video: HTMLVideoElement; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  try {
    const failed = playback.ended.then(({ detail }) => Promise.reject(new Error(detail)));
    failed.catch(() => undefined); // Later ends are told by `ended`; only the race below listens here.
    begin();
    await Promise.race([firstFrame(when.video, when.timeoutMs, when.signal), failed]);
  } catch (error) {
    await playback.close();
    throw error;
  }
}
