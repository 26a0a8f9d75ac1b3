import { randomBytes } from 'node:crypto';
import type { Has } from './descriptions.ts';
import type { Exchange, Replied } from './exchange.ts';
import type { Held } from './sessions.ts';

const prefix = 'urn:ietf:params:whep:ext:core:';
const events = ['active', 'inactive', 'layers', 'viewercount', 'reconnect'];

/** Link headers to the extensions of a session. */
export function extensionLinks(sessionUrl: string, has: Has): readonly string[] {
  const layer = `<${sessionUrl}/layer>; rel="${prefix}layer"`;
  const named = has('events-misnamed') ? ['layers', 'viewercount'] : events;
  const stream = `<${sessionUrl}/events>; rel="${prefix}server-sent-events"; events="${named.join(',')}"`;
  return has('layer-without-events') ? [layer] : [stream, layer];
}

/** A request to what is below a session: its event streams and its choice of a layer. */
export function serveExtension(held: Held, path: readonly string[], exchange: Exchange, has: Has): Replied {
  const [name, stream] = path;
  if (name === 'layer' && exchange.method === 'POST') return chooseLayer(exchange, has);
  if (name === 'events' && stream === undefined && exchange.method === 'POST')
    return subscribe(held, exchange, has);
  if (name === 'events' && stream !== undefined && held.events.get(stream) === true)
    return serveStream(held, stream, exchange, has);
  return exchange.refuse(404);
}

function chooseLayer(exchange: Exchange, has: Has): Replied {
  const wish = parsed(exchange.body);
  const isObject = typeof wish === 'object' && wish !== null;
  const rid = isObject && 'rid' in wish ? wish.rid : undefined;
  if (!has('layer-takes-all') && (!isObject || rid !== undefined)) return exchange.refuse(400);
  return exchange.reply(has('layer-gives-204') ? 204 : 200);
}

function subscribe(held: Held, exchange: Exchange, has: Has): Replied {
  const wanted = parsed(exchange.body);
  const known = Array.isArray(wanted) && wanted.every((event) => events.includes(String(event)));
  if (!known && !has('events-unknown-taken')) {
    return exchange.refuse(400);
  }
  const id = randomBytes(9).toString('base64url');
  held.events.set(id, true);
  return exchange.reply(
    201,
    has('events-without-location') ? {} : { Location: `${exchange.url.pathname}/${id}` },
  );
}

function serveStream(held: Held, stream: string, exchange: Exchange, has: Has): Replied {
  if (exchange.method === 'DELETE') {
    if (!has('events-not-ended')) held.events.set(stream, false);
    return exchange.reply(200);
  }
  return exchange.stream(
    has('events-of-wrong-type') ? 'text/plain' : 'text/event-stream',
    'event: active\ndata: {}\n\n',
  );
}

/** The JSON of a body; undefined when it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
