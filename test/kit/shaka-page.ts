import type { Browser } from 'playwright-core';
import { openPage, type OpenPage } from './chromium.ts';
import type { ShakaApi, ShakaReport } from './shaka-types.ts';
import { until } from './wait.ts';

/** A page with Shaka Player's functions. */
export interface ShakaPage extends OpenPage {
  call<Name extends keyof ShakaApi>(
    name: Name,
    ...args: Parameters<ShakaApi[Name]>
  ): ReturnType<ShakaApi[Name]>;
}

/** Opens a page with Shaka Player and waits for its functions. */
export async function openShakaPage(browser: Browser, origin: string): Promise<ShakaPage> {
  const opened = await openPage(browser, `${origin}/kit/pages/shaka.html`);
  await opened.page.waitForFunction(() => 'shakaRig' in globalThis, undefined, { timeout: 60_000 });
  return {
    ...opened,
    call: (name, ...args) =>
      opened.page.evaluate(
        ([method, values]) => {
          const { shakaRig } = globalThis as unknown as {
            shakaRig: Record<string, (...all: unknown[]) => unknown>;
          };
          return shakaRig[method]?.(...values);
        },
        [name, args] as [string, unknown[]],
      ) as ReturnType<ShakaApi[typeof name]>,
  };
}

/** Asks a page until its report satisfies; tells the last report when it never does. */
export async function untilShaka(
  page: ShakaPage,
  what: string,
  seen: (report: ShakaReport) => boolean,
): Promise<ShakaReport> {
  let last: ShakaReport | undefined;
  return until(
    what,
    async () => {
      last = await page.call('report');
      return seen(last) ? last : undefined;
    },
    { timeoutMs: 30_000, everyMs: 250, detail: () => [last, page.complaints] },
  );
}
