import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Beyond this a machine proves nothing any more. */
const stretchLimit = 3;

/**
 * How much longer things may take than on a machine of one's own: 1 as long as no more wants to run than twice as much as
 * there are cores (the tests alone do), else in proportion. What is measured is ours; who runs beside it is not.
 */
export function stretch(): number {
  const [load = 0] = loadavg();
  const crowding = load / availableParallelism();
  return crowding > 2 ? Math.min(stretchLimit, crowding) : 1;
}

/**
 * Asks again and again until the answer is neither undefined nor false; says what it waited for when time is up, which on a
 * crowded machine is later.
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  options: { readonly timeoutMs: number; readonly everyMs?: number; readonly detail?: () => unknown },
): Promise<Exclude<T, undefined | false>> {
  const begunMs = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    const waitedMs = Math.round(performance.now() - begunMs);
    if (waitedMs > options.timeoutMs * stretch()) {
      const detail = options.detail ? `: ${JSON.stringify(options.detail())}` : '';
      throw new Error(`waited ${waitedMs} ms in vain: ${what}${detail}`);
    }
    await sleep(options.everyMs ?? 200);
  }
}
