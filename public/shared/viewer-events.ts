import { retryDelayMs, sleep } from './backoff.ts';
import { readEvents, type ServerEvent } from './event-stream.ts';
import { askSession, type Endpoint, SignallingError } from './signalling.ts';

/** Where a WHEP answer names its event streams and its layers (WHEP core extensions). */
export const viewerEventsRelation = 'urn:ietf:params:whep:ext:core:server-sent-events';
export const layerRelation = 'urn:ietf:params:whep:ext:core:layer';

/** Sizes and rates of something that a viewer can have; 0 is unknown. */
export interface ToldSize {
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
}

/** One layer inside a simulcast layer. */
export interface ToldPart extends ToldSize {
  readonly spatialLayer: number;
  readonly temporalLayer: number;
}

/** One simulcast layer that is being sent; its rid is '' without simulcast. */
export interface ToldLayer extends ToldSize {
  readonly rid: string;
  readonly parts: readonly ToldPart[];
}

/** What the event stream of a WHEP session told. */
export type ViewerEvent =
  | { readonly name: 'active' | 'inactive' }
  | { readonly name: 'viewercount'; readonly viewers: number }
  | { readonly name: 'layers'; readonly layers: readonly ToldLayer[] }
  /** Begin again, at this WHEP endpoint or (undefined) where the viewer came from. */
  | { readonly name: 'reconnect'; readonly url: string | undefined };

const names = ['active', 'inactive', 'layers', 'viewercount', 'reconnect'] as const;

/** Reads one event; undefined for one that is unknown or says nothing. */
export function readViewerEvent({ name, data }: ServerEvent): ViewerEvent | undefined {
  const fields = parse(data);
  switch (name) {
    case 'active':
    case 'inactive':
      return { name };
    case 'viewercount': {
      const viewers = fields['viewercount'];
      return typeof viewers === 'number' ? { name, viewers } : undefined;
    }
    case 'layers':
      return { name, layers: readLayers(Object.values(fields)[0]) };
    case 'reconnect': {
      const url = fields['url'];
      return { name, url: typeof url === 'string' ? url : undefined };
    }
    default:
      return undefined;
  }
}

/** The layers of one video as the event and the layer resource tell them, largest first. */
export function readLayers(video: unknown): readonly ToldLayer[] {
  const { active } = asFields(video);
  return Array.isArray(active)
    ? active.map((layer: unknown) => {
        const { rid, layers } = asFields(layer);
        const parts = Array.isArray(layers) ? layers.map(readPart) : [];
        return { rid: typeof rid === 'string' ? rid : '', ...readSize(layer), parts };
      })
    : [];
}

function readPart(part: unknown): ToldPart {
  const { spatialLayerId, temporalLayerId } = asFields(part);
  return {
    ...readSize(part),
    spatialLayer: asNumber(spatialLayerId),
    temporalLayer: asNumber(temporalLayerId),
  };
}

function readSize(of: unknown): ToldSize {
  const { width, height, bitrate } = asFields(of);
  return { width: asNumber(width), height: asNumber(height), bitrateBps: asNumber(bitrate) };
}

/**
 * Follows the event stream of a WHEP session until the signal aborts or the session is gone. The stream's own URL is secret
 * and needs no token, so one that expires meanwhile does not matter. Never throws: without events a player looks for itself.
 */
export async function followViewerEvents(
  events: Endpoint,
  listen: (event: ViewerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  let stream: string | undefined;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      stream ??= await makeStream(events, signal);
      const { body } = await askSession({ url: stream }, { accept: 'text/event-stream', signal });
      if (body === null) return;
      for await (const event of readEvents(body)) {
        attempt = 0;
        const told = readViewerEvent(event);
        if (told !== undefined) listen(told);
      }
    } catch (error) {
      if (isAborted(signal)) return;
      // A stream that nobody read for a minute is forgotten, and another one can be made as long as the session lives.
      if (error instanceof SignallingError && !error.temporary) {
        if (stream === undefined) return;
        stream = undefined;
      }
    }
    await sleep(retryDelayMs(attempt, Math.random()), signal).catch(() => undefined); // Looked at above.
  }
}

async function makeStream(events: Endpoint, signal: AbortSignal): Promise<string> {
  const response = await askSession(events, { method: 'POST', json: names, signal });
  const location = response.headers.get('Location');
  if (location === null) throw new SignallingError('The event stream has no address.', { status: 400 });
  return new URL(location, response.url).href;
}

/** Asked through a function, because waiting changes the answer. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function parse(data: string): Readonly<Record<string, unknown>> {
  try {
    return asFields(JSON.parse(data));
  } catch {
    // An event that is no JSON says nothing to us.
    return {};
  }
}

function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function asNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
