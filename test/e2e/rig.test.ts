import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { launchChromium, openRigPage } from '#test/kit/chromium.ts';
import { servePages } from '#test/kit/page-server.ts';
import { untilSeen, usualSource } from '#test/kit/rig.ts';
import { stretch } from '#test/kit/wait.ts';

describe('the rig itself, without a gateway', () => {
  it.each(['h264', 'vp8'] as const)(
    'reads clock and tone of another page over a direct %s connection',
    async (codec) => {
      await using pages = await servePages();
      const browser = await launchChromium();
      try {
        await using publisher = await openRigPage(browser, pages.origin);
        await using viewer = await openRigPage(browser, pages.origin);
        const offer = await publisher.call('offerDirect', { ...usualSource, codec });
        await publisher.call('acceptDirect', await viewer.call('answerDirect', offer));
        await untilSeen(viewer, 'the clock shows', (seen) => seen.framesRead > 0);
        // What was late because a page was opened is past.
        await sleep(1_000);
        await viewer.call('resetWatch');
        const seen = await untilSeen(viewer, 'the clock runs', (report) => report.glass.count > 60);
        expect(seen.framesUnreadable).toBe(0);
        expect(seen.glass.minMs).toBeGreaterThan(0);
        expect(seen.glass.p50Ms).toBeLessThan(1_000 * stretch());
        expect(seen.decoded.count).toBeGreaterThan(30);
        expect(Math.abs(seen.audio.peakHz - usualSource.toneHz)).toBeLessThan(40);
        expect((await publisher.call('sendReport')).codec.toLowerCase()).toBe(`video/${codec}`);
      } finally {
        await browser.close();
      }
    },
  );
});
