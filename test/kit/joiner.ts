import type { Browser } from 'playwright-core';

import { openPage } from './chromium.ts';
import type { JoinOptions, JoinReport } from './join-types.ts';

/** A page that joins streams, one after the other, and tells every frame that it showed. */
export interface Joiner extends AsyncDisposable {
  join(options: JoinOptions): Promise<JoinReport>;
}

/** Opens the page. */
export async function openJoiner(browser: Browser, origin: string): Promise<Joiner> {
  const opened = await openPage(browser, `${origin}/kit/pages/join.html`);
  await opened.page.waitForFunction(() => 'join' in globalThis, undefined, { timeout: 60_000 });
  return {
    join: (options) =>
      opened.page.evaluate((all) => {
        const { join } = globalThis as unknown as { join: (one: JoinOptions) => Promise<JoinReport> };
        return join(all);
      }, options),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
