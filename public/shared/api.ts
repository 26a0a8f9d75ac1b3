import type { Snapshot, StreamView } from './api-types.ts';
import { sleep } from './backoff.ts';
import { readEvents, type ServerEvent } from './event-stream.ts';
import { refusal, SignallingError } from './signalling.ts';

const requestTimeoutMs = 6_000;

/** A JSON answer with what is needed to read the server's clock from it. */
export interface TimedJson<T> {
  readonly value: T;
  readonly dateMs: number | undefined;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** GETs JSON, with a token when there is one; throws {@link SignallingError} with the server's own words. */
export async function getJson<T>(
  url: string | URL,
  signal: AbortSignal,
  token?: string,
): Promise<TimedJson<T>> {
  const askedMs = Date.now();
  const response = await get(url, 'application/json', { signal, token, timeoutMs: requestTimeoutMs });
  const answeredMs = Date.now();
  const date = Date.parse(response.headers.get('Date') ?? '');
  return {
    value: (await response.json()) as T,
    dateMs: Number.isNaN(date) ? undefined : date,
    askedMs,
    answeredMs,
  };
}

interface GetOptions {
  readonly signal: AbortSignal;
  readonly token: string | undefined;
  /** How long the answer may take; undefined when it has no end. */
  readonly timeoutMs?: number;
}

async function get(url: string | URL, accept: string, options: GetOptions): Promise<Response> {
  const { signal, token, timeoutMs } = options;
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { Accept: accept, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
      cache: 'no-store',
      signal: timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SignallingError('The gateway cannot be reached.', { status: 0 });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** What {@link followSnapshots} tells its page. */
export interface SnapshotListener {
  snapshot(snapshot: Partial<Snapshot> & Pick<Snapshot, 'streams'>): void;
  /** `undefined` when all is well again. */
  trouble(error: SignallingError | undefined): void;
}

/** Snapshots come every second; after this long without one the stream is dead. */
const silenceMs = 8_000;

/**
 * Follows the gateway's state once a second: by server-sent events, or by asking every two seconds where those do not come
 * through. A key that was refused is not shown again: it waits for another one. Runs until the signal aborts.
 */
export async function followSnapshots(
  listener: SnapshotListener,
  signal: AbortSignal,
  key: { readonly value: string | undefined },
): Promise<void> {
  const stopped = (): boolean => signal.aborted;
  while (!stopped()) {
    const token = key.value;
    try {
      await listenOnce(listener, signal, token);
      const { value } = await getJson<{ streams: readonly StreamView[] }>('/api/streams', signal, token);
      listener.trouble(undefined);
      listener.snapshot(value);
    } catch (error) {
      if (stopped()) return;
      const told =
        error instanceof SignallingError ? error : new SignallingError(String(error), { status: 0 });
      listener.trouble(told);
      if (isRefusal(told))
        while (key.value === token && !stopped()) await sleep(500, signal).catch(() => undefined);
    }
    if (key.value === token) await sleep(2_000, signal).catch(() => undefined);
  }
}

/** Resolves when the event stream broke or fell silent, or where there is none; throws when the key is refused. */
async function listenOnce(
  listener: SnapshotListener,
  signal: AbortSignal,
  token: string | undefined,
): Promise<void> {
  const silence = new AbortController();
  const expectMore = (): ReturnType<typeof setTimeout> => setTimeout(() => silence.abort(), silenceMs);
  let timer = expectMore();
  const events = openEvents(AbortSignal.any([signal, silence.signal]), token);
  try {
    for (let event = await nextOf(events); event !== undefined; event = await nextOf(events)) {
      clearTimeout(timer);
      timer = expectMore();
      if (event.name !== 'snapshot') continue;
      listener.trouble(undefined);
      listener.snapshot(JSON.parse(event.data) as Snapshot);
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

async function* openEvents(
  signal: AbortSignal,
  token: string | undefined,
): AsyncGenerator<ServerEvent, void, void> {
  const { body } = await get('/api/events', 'text/event-stream', { signal, token });
  if (body !== null) yield* readEvents(body);
}

/** The next event; undefined when the stream ended or broke, which is looked into by asking once more, in the plain way. */
async function nextOf(events: AsyncGenerator<ServerEvent, void, void>): Promise<ServerEvent | undefined> {
  try {
    const { value } = await events.next();
    return value ?? undefined;
  } catch (error) {
    if (isRefusal(error)) throw error;
    return undefined;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof SignallingError && (error.status === 401 || error.status === 403);
}
