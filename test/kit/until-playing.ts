import type { Page } from 'playwright-core';

import { until } from './wait.ts';

const framesShown = `Math.max(0, ...[...document.querySelectorAll('video')].map((video) => video.getVideoPlaybackQuality().totalVideoFrames))`;

/** Waits until the playing video of a watch page moves on. */
export async function untilPlaying(page: Page): Promise<void> {
  const before = await page.evaluate<number>(framesShown);
  const goesOn = async (): Promise<boolean> => (await page.evaluate<number>(framesShown)) > before + 10;
  await until('the video plays', goesOn, { timeoutMs: 60_000 });
}
