import type { Snapshot, StreamView } from './api-types.ts';
import { sleep } from './backoff.ts';
import { refusal, SignallingError } from './signalling.ts';

const requestTimeoutMs = 6_000;

/** A JSON answer with what is needed to read the server's clock from it. */
export interface TimedJson<T> {
  readonly value: T;
  readonly dateMs: number | undefined;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** GETs JSON; throws {@link SignallingError} with the server's own words. */
export async function getJson<T>(url: string | URL, signal: AbortSignal): Promise<TimedJson<T>> {
  const askedMs = Date.now();
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { Accept: 'application/json' },
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SignallingError('The gateway cannot be reached.', { status: 0 });
  }
  const answeredMs = Date.now();
  if (!response.ok) throw await refusal(response);
  const date = Date.parse(response.headers.get('Date') ?? '');
  return {
    value: (await response.json()) as T,
    dateMs: Number.isNaN(date) ? undefined : date,
    askedMs,
    answeredMs,
  };
}

/** What {@link followSnapshots} tells its page. */
export interface SnapshotListener {
  snapshot(snapshot: Partial<Snapshot> & Pick<Snapshot, 'streams'>): void;
  /** `undefined` when all is well again. */
  trouble(error: SignallingError | undefined): void;
}

/**
 * Follows the gateway's state once a second: by server-sent events, or by asking every two seconds where those do not come
 * through. Runs until the signal aborts.
 */
export async function followSnapshots(listener: SnapshotListener, signal: AbortSignal): Promise<void> {
  const stopped = (): boolean => signal.aborted;
  while (!stopped()) {
    await listenOnce(listener, signal);
    try {
      const { value } = await getJson<{ streams: readonly StreamView[] }>('/api/streams', signal);
      listener.trouble(undefined);
      listener.snapshot(value);
    } catch (error) {
      if (stopped()) return;
      listener.trouble(
        error instanceof SignallingError ? error : new SignallingError(String(error), { status: 0 }),
      );
    }
    await sleep(2_000, signal).catch(() => undefined);
  }
}

/** Resolves when the event stream broke or fell silent. */
function listenOnce(listener: SnapshotListener, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const source = new EventSource('/api/events');
    let silence: ReturnType<typeof setTimeout> | undefined;
    const end = (): void => {
      clearTimeout(silence);
      signal.removeEventListener('abort', end);
      source.close();
      resolve();
    };
    const expectMore = (): void => {
      clearTimeout(silence);
      silence = setTimeout(end, 8_000);
    };
    signal.addEventListener('abort', end);
    source.addEventListener('error', end);
    source.addEventListener('snapshot', (event) => {
      expectMore();
      listener.trouble(undefined);
      listener.snapshot(JSON.parse(event.data as string) as Snapshot);
    });
    expectMore();
  });
}
