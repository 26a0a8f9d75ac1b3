import { setTimeout as sleep } from 'node:timers/promises';

import type { RigPage } from './chromium.ts';
import { untilSeen } from './rig.ts';
import type { WatchReport } from './rig-types.ts';
import { until } from './wait.ts';

/** A choice of quality and how wide the picture then is. */
export type QualityChange = readonly [quality: string, width: number];

const showsEachMs = 1_500;

/**
 * Has hls.js change its quality again and again until a whole round went without a stall, and gives what was seen in it. A
 * fault of ours stalls it in every round, a machine that has other things to do in some.
 */
export async function changeWithoutStall(
  page: RigPage,
  changes: readonly QualityChange[],
): Promise<WatchReport> {
  let last: unknown;
  return until(
    'a round of changes without a stall',
    async () => {
      const before = (await page.call('watchReport')).hls?.stalls ?? 0;
      await page.call('resetWatch');
      for (const [quality, width] of changes) {
        await page.call('chooseHls', quality);
        await untilSeen(page, `a picture ${String(width)} wide`, (seen) => seen.width === width);
        await sleep(showsEachMs);
      }
      const after = await page.call('watchReport');
      last = [before, after];
      return after.hls?.stalls === before && after;
    },
    { timeoutMs: 30_000, everyMs: 0, detail: () => last },
  );
}
