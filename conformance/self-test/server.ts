import { once } from 'node:events';
import { createServer } from 'node:http';
import { type Has, judge, writeAnswer, writeServerOffer } from './descriptions.ts';
import { Exchange, type Replied } from './exchange.ts';
import { extensionLinks, serveExtension } from './extensions.ts';
import type { Fault } from './faults.ts';
import { IceAgent } from './ice-agent.ts';
import { type Held, Sessions } from './sessions.ts';
import type { Protocol } from '../verdict.ts';

const sdpType = 'application/sdp';
const fragmentType = 'application/trickle-ice-sdpfrag';
const answerWithinMs = 3_000;
const servers = [
  '<stun:stun.example.org>; rel="ice-server"',
  ...[
    'turn:turn.example.org?transport=udp',
    'turn:turn.example.org?transport=tcp',
    'turns:turn.example.org',
  ].map((url) => `<${url}>; rel="ice-server"; username="u"; credential="c"; credential-type="password"`),
];

/** A server of signalling alone, right in everything but what it was told to be wrong in. */
export interface SelfTestServer extends AsyncDisposable {
  readonly origin: string;
}

/** Opens the server with these faults: endpoints /whip/live, /whep/live, /whep/offline, and /busy, /full and /often of both. */
export async function openSelfTestServer(faults: readonly Fault[]): Promise<SelfTestServer> {
  const has: Has = (fault) => faults.includes(fault);
  const agent = await IceAgent.open(!has('stun-unauthenticated'));
  const service = new Service(agent, has);
  const server = createServer((request, response) => {
    Exchange.read(request, response, has)
      .then((exchange) => service.serve(exchange))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      agent[Symbol.dispose]();
    },
  };
}

class Service {
  readonly #has: Has;
  readonly #sessions: Sessions;

  constructor(agent: IceAgent, has: Has) {
    this.#has = has;
    this.#sessions = new Sessions(agent, has);
  }

  serve(exchange: Exchange): Replied {
    const [, room = '', name = '', ...rest] = exchange.url.pathname.split('/');
    if (exchange.method === 'OPTIONS' && exchange.header('access-control-request-method') !== undefined)
      return this.#preflight(exchange);
    if (room === 'sessions') return this.#session(name, rest, exchange);
    if (room === 'whip' || room === 'whep') return this.#endpoint(room, name, exchange);
    return exchange.refuse(404);
  }

  #preflight(exchange: Exchange): Replied {
    if (this.#has('preflight-needs-token') && exchange.who !== 'holder') return exchange.challenge();
    const allowed = 'Authorization, Content-Type, If-Match, ETag, Accept';
    return exchange.reply(200, {
      'Access-Control-Allow-Methods': 'OPTIONS, GET, HEAD, POST, PATCH, DELETE',
      'Access-Control-Allow-Headers': this.#has('headers-by-star') ? '*' : allowed,
      'Access-Control-Max-Age': '600',
      'Access-Control-Allow-Private-Network': 'true',
      ...(this.#has('preflight-with-link') && { Link: servers }),
    });
  }

  #endpoint(protocol: Protocol, name: string, exchange: Exchange): Replied {
    const hasContent = this.#has('get-with-content');
    switch (exchange.method) {
      case 'OPTIONS':
        return this.#options(exchange);
      case 'GET':
        return hasContent ? exchange.reply(200, {}, 'hello') : exchange.reply(204);
      case 'HEAD':
        if (this.#has('head-refused')) return exchange.refuse(405, { Allow: 'OPTIONS, GET, POST' });
        return protocol === 'whep' ? exchange.reply(200, { 'Content-Type': sdpType }) : exchange.reply(204);
      case 'POST':
        return this.#post(protocol, name, exchange);
      default:
        if (this.#has('put-is-taken')) return exchange.reply(200);
        return exchange.refuse(405, { Allow: 'OPTIONS, GET, HEAD, POST' });
    }
  }

  #options(exchange: Exchange): Replied {
    return exchange.reply(this.#has('options-204') ? 204 : 200, {
      ...(!this.#has('no-accept-post') && { 'Accept-Post': sdpType }),
      ...(exchange.who === 'holder' && { Link: this.#links() }),
    });
  }

  #links(): readonly string[] {
    const links = this.#has('links-worst-first') ? servers.toReversed() : servers;
    if (this.#has('links-to-pages')) return ['<https://example.org>; rel="ice-server"'];
    if (this.#has('links-in-one-line')) return [links.join(', ')];
    return this.#has('links-unquoted') ? links.map((link) => link.replaceAll('"', '')) : links;
  }

  #post(protocol: Protocol, name: string, exchange: Exchange): Replied {
    const { mediaType, body } = exchange;
    if (body === 'hello' && this.#has('body-before-token')) return exchange.refuse(400);
    if (exchange.who !== 'holder') return exchange.challenge();
    if (!exchange.mayUse(protocol)) return exchange.refuse(403);
    const emptyTypes = this.#has('typed-empty-refused') ? [''] : ['', sdpType];
    const wantsOffer = protocol === 'whep' && body === '' && emptyTypes.includes(mediaType);
    if (mediaType !== sdpType && !wantsOffer && !this.#has('any-media-type'))
      return exchange.refuse(415, { 'Accept-Post': sdpType });
    if (exchange.oversize && !this.#has('no-size-limit')) return exchange.refuse(413);
    const later = this.#has('no-retry-after') ? {} : { 'Retry-After': '3' };
    if (name === 'offline') return exchange.refuse(409, later);
    if (name === 'full') return exchange.refuse(503, later);
    if (name === 'often') return exchange.refuse(429, later);
    if (name === 'busy') return this.#redirect(protocol, exchange);
    if (wantsOffer) return this.#offer(201, exchange);
    const verdict = judge(body.slice(0, 65_536), protocol, this.#has);
    if (verdict === 'malformed') return exchange.refuse(400);
    if (verdict === 'no codec' && this.#counters(protocol, exchange)) return this.#offer(406, exchange);
    if (verdict !== 'good') return exchange.refuse(422);
    if (protocol === 'whip' && this.#sessions.publishing && this.#has('no-takeover'))
      return exchange.refuse(409);
    const held = this.#sessions.open(protocol, /a=ice-ufrag:(.*)/.exec(body)?.[1]?.trim());
    const answer = writeAnswer(body, protocol, this.#sessions.transportOf(held), this.#has);
    return this.#created(held, exchange, answer);
  }

  #counters(protocol: Protocol, exchange: Exchange): boolean {
    const knows = (exchange.header('user-agent') ?? '').includes('whepclientsrc');
    return protocol === 'whep' && (knows || this.#has('counter-offer-for-everybody'));
  }

  #redirect(protocol: Protocol, exchange: Exchange): Replied {
    const there = this.#has('redirect-to-nowhere') ? 'nowhere' : protocol;
    return exchange.reply(this.#has('redirect-301') ? 301 : 307, {
      Location: `${exchange.url.origin}/${there}/live`,
    });
  }

  #created(held: Held, exchange: Exchange, body: string): Replied {
    const url = `${exchange.url.origin}/sessions/${held.id}`;
    return exchange.reply(
      this.#has('created-is-200') ? 200 : 201,
      {
        'Content-Type': this.#has('created-of-wrong-type') ? 'text/plain' : sdpType,
        ...(!this.#has('no-accept-patch') && { 'Accept-Patch': fragmentType }),
        Location: this.#has('location-relative') ? `/sessions/${held.id}` : url,
        Link: [...this.#links(), ...(held.protocol === 'whep' ? extensionLinks(url, this.#has) : [])],
        ...(!this.#has('no-etag') && { ETag: held.tag }),
      },
      body,
    );
  }

  #offer(status: 201 | 406, exchange: Exchange): Replied {
    const held = this.#sessions.open('whep', undefined, Date.now() + answerWithinMs);
    const until = new Date(Date.now() + answerWithinMs).toUTCString();
    const dated = this.#has('counter-offer-without-date') ? sdpType : `${sdpType}; valid-until="${until}"`;
    return exchange.reply(
      status === 201 && this.#has('created-is-200') ? 200 : status,
      {
        'Content-Type': status === 201 ? sdpType : dated,
        Location: `${exchange.url.origin}/sessions/${held.id}`,
        ...(status === 201 && !this.#has('offer-without-expires') && { Expires: until }),
      },
      status === 406 && this.#has('counter-offer-empty')
        ? 'v=0\r\n'
        : writeServerOffer(this.#sessions.transportOf(held), this.#has),
    );
  }

  #session(id: string, rest: readonly string[], exchange: Exchange): Replied {
    const held = this.#sessions.find(id);
    if (held === undefined) return exchange.refuse(this.#has('unknown-is-400') ? 400 : 404);
    const { method } = exchange;
    const pardoned = this.#has(method === 'PATCH' ? 'strangers-may-patch' : 'strangers-may-delete');
    if (exchange.who === 'stranger' && !pardoned) return exchange.challenge();
    if (method === 'DELETE' && rest.length === 0) return this.#sessions.end(held, exchange);
    if (held.ended) return exchange.refuse(404);
    if (rest.length > 0) return serveExtension(held, rest, exchange, this.#has);
    if (method === 'GET' && this.#has('get-with-content')) return exchange.reply(200, {}, 'hello');
    if (method === 'GET' || method === 'OPTIONS') return exchange.reply(204);
    if (method === 'PATCH') return this.#sessions.patch(held, exchange);
    if (this.#has('post-on-session-taken')) return exchange.reply(200);
    return exchange.refuse(405, { Allow: 'OPTIONS, GET, PATCH, DELETE' });
  }
}
