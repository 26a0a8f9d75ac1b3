import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer is neither undefined nor false; says what it waited for when time is up. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  options: { readonly timeoutMs: number; readonly everyMs?: number; readonly detail?: () => unknown },
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() > deadline) {
      const detail = options.detail ? `: ${JSON.stringify(options.detail())}` : '';
      throw new Error(`waited ${options.timeoutMs} ms in vain: ${what}${detail}`);
    }
    await sleep(options.everyMs ?? 200);
  }
}
