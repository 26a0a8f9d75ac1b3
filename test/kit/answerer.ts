import type { AnswererApi, AnswererReport } from './answerer-types.ts';
import type { RigPage } from './chromium.ts';
import { until } from './wait.ts';

/** Turns a rig page into one that answers the gateway's offer instead of making one. */
export async function openAnswerer({ page, complaints }: RigPage): Promise<AnswererApi & Watching> {
  await page.goto(new URL('/kit/pages/answerer.html', page.url()).href);
  await page.waitForFunction(() => 'answerer' in globalThis, undefined, { timeout: 60_000 });
  const api: AnswererApi = {
    watch: (whepUrl, without) =>
      page.evaluate(
        ([url, kind]) => {
          const { answerer } = globalThis as unknown as { answerer: AnswererApi };
          return answerer.watch(url, kind);
        },
        [whepUrl, without] as const,
      ),
    report: () => page.evaluate(() => (globalThis as unknown as { answerer: AnswererApi }).answerer.report()),
    leave: () => page.evaluate(() => (globalThis as unknown as { answerer: AnswererApi }).answerer.leave()),
  };
  return {
    ...api,
    async untilSeen(what, seen) {
      let last: AnswererReport | undefined;
      return until(
        what,
        async () => {
          last = await api.report();
          return seen(last) ? last : undefined;
        },
        { timeoutMs: 40_000, everyMs: 250, detail: () => [last, complaints] },
      );
    },
  };
}

interface Watching {
  /** Asks until the report satisfies; tells the last report when it never does. */
  untilSeen(what: string, seen: (report: AnswererReport) => boolean): Promise<AnswererReport>;
}
