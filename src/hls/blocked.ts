import type { HlsOutgoing } from './exchange.ts';
import { tooManyBlocked } from './failures.ts';
import type { WaitResult } from './waiters.ts';

/** Runs work that ends when the client leaves. */
export async function untilGone<T>(
  response: HlsOutgoing,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const leave = (): void => abort.abort();
  response.once('close', leave);
  try {
    return await work(abort.signal);
  } finally {
    response.off('close', leave);
  }
}

/** Nobody hears what is thrown for a client that has gone: the response is closed by then. */
export function settle(result: WaitResult, late: () => Error): void {
  switch (result) {
    case 'ready':
      return;
    case 'full':
      throw tooManyBlocked();
    case 'late':
    case 'gone':
      throw late();
  }
}
