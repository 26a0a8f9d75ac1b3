import { randomBytes } from 'node:crypto';
import { type Credentials, freshCredentials } from '../offers.ts';
import { type Has, type LocalTransport, writeRestart } from './descriptions.ts';
import type { Exchange, Replied } from './exchange.ts';
import type { IceAgent } from './ice-agent.ts';
import type { Protocol } from '../verdict.ts';

const sessionLimit = 2_000;
const fragmentType = 'application/trickle-ice-sdpfrag';

/** One session of the self-test's server. */
export interface Held {
  readonly id: string;
  readonly protocol: Protocol;
  ice: Credentials;
  tag: string;
  /** Of the client; undefined until it told. */
  clientUfrag: string | undefined;
  /** An answer is awaited until then. */
  answerUntilMs: number | undefined;
  ended: boolean;
  /** Event streams, and whether they are still there. */
  readonly events: Map<string, boolean>;
}

/** Sessions and what is done to them. */
export class Sessions {
  readonly #held = new Map<string, Held>();
  readonly #agent: IceAgent;
  readonly #has: Has;

  constructor(agent: IceAgent, has: Has) {
    this.#agent = agent;
    this.#has = has;
  }

  open(protocol: Protocol, clientUfrag: string | undefined, answerUntilMs?: number): Held {
    if (this.#held.size >= sessionLimit) throw new Error('too many sessions for a self-test');
    const number = String(this.#held.size).padStart(6, '0');
    const id = this.#has('ids-count-up') ? `session-${number}` : randomBytes(16).toString('base64url');
    const held: Held = {
      id,
      protocol,
      ice: freshCredentials(),
      tag: this.#freshTag(),
      clientUfrag,
      answerUntilMs,
      ended: false,
      events: new Map(),
    };
    this.#held.set(id, held);
    this.#agent.admit(held.ice);
    return held;
  }

  /** Whether somebody publishes. */
  get publishing(): boolean {
    return [...this.#held.values()].some(({ protocol, ended }) => protocol === 'whip' && !ended);
  }

  /** The session as long as it is there; an offer that nobody answered in time is not. */
  find(id: string): Held | undefined {
    const held = this.#held.get(id);
    const late = held?.answerUntilMs !== undefined && Date.now() > held.answerUntilMs;
    return held === undefined || (late && !this.#has('offer-never-expires')) ? undefined : held;
  }

  transportOf({ ice }: Held): LocalTransport {
    return { ice, port: this.#agent.port };
  }

  #freshTag(): string {
    const tag = `"${randomBytes(6).toString('hex')}"`;
    return this.#has('weak-etag') ? `W/${tag}` : tag;
  }

  /** DELETE. */
  end(held: Held, exchange: Exchange): Replied {
    const ifMatch = exchange.header('if-match');
    if (held.answerUntilMs !== undefined && this.#has('offer-cannot-be-declined'))
      return exchange.refuse(409);
    if (held.ended && this.#has('delete-once')) return exchange.refuse(404);
    if (this.#has('delete-judges-tags') && ifMatch !== undefined && ifMatch !== held.tag)
      return exchange.refuse(412);
    if (!this.#has('delete-keeps-ice')) this.#agent.forget(held.ice);
    held.ended = !this.#has('delete-keeps-session');
    return exchange.reply(this.#has('delete-gives-204') ? 204 : 200);
  }

  /** PATCH, of whatever kind. */
  patch(held: Held, exchange: Exchange): Replied {
    const { mediaType, body } = exchange;
    if (mediaType === 'application/sdp' && held.answerUntilMs !== undefined)
      return this.#answer(held, exchange);
    if (!this.#has('patch-any-type')) {
      if (mediaType === 'application/sdp') return exchange.refuse(422);
      if (mediaType !== fragmentType) return exchange.refuse(415, { 'Accept-Patch': fragmentType });
    }
    const ufrag = /^a=ice-ufrag:(.*)$/m.exec(body)?.[1]?.trim();
    const password = /^a=ice-pwd:(.*)$/m.exec(body)?.[1]?.trim();
    const wrong =
      !/^a=(ice-ufrag|candidate|end-of-candidates)/m.test(body) ||
      body.includes('\0') ||
      (ufrag !== undefined && !/^[\w+/-]{4,}$/.test(ufrag)) ||
      (password !== undefined && password.length < 22);
    if (wrong) {
      if (password !== undefined && this.#has('bad-restart-ends-session')) held.ended = true;
      return exchange.refuse(400);
    }
    const refusal = this.#refusal(held, exchange);
    if (refusal !== undefined) return exchange.refuse(refusal);
    if (ufrag !== undefined && held.clientUfrag !== undefined && ufrag !== held.clientUfrag)
      return this.#restart(held, ufrag, exchange);
    if (this.#has('end-alone-refused') && !body.includes('a=candidate:')) return exchange.refuse(400);
    if (exchange.header('if-match') === '*' && this.#has('trickle-star-is-409')) return exchange.refuse(409);
    if (this.#has('odd-candidates-refused') && body.includes('.local')) return exchange.refuse(400);
    if (this.#has('trickle-gives-200-and-etag')) return exchange.reply(200, { ETag: held.tag });
    return exchange.reply(204);
  }

  /** Judges If-Match as a lenient server does: the status that refuses, or undefined. */
  #refusal(held: Held, exchange: Exchange): 409 | 412 | undefined {
    const ifMatch = exchange.header('if-match');
    if (ifMatch === undefined && this.#has('missing-tag-is-409')) return 409;
    if (ifMatch === '"*"' && this.#has('quoted-star-refused')) return 412;
    const tag = ifMatch ?? exchange.header('etag');
    const good = this.#has('tags-ignored') || tag === undefined || ['*', '"*"', held.tag].includes(tag);
    return good ? undefined : 412;
  }

  #restart(held: Held, ufrag: string, exchange: Exchange): Replied {
    held.clientUfrag = ufrag;
    if (!this.#has('restart-keeps-etag')) held.tag = this.#freshTag();
    if (!this.#has('restart-keeps-credentials')) {
      if (!this.#has('restart-not-in-force')) this.#agent.forget(held.ice);
      held.ice = freshCredentials();
      if (!this.#has('restart-not-in-force')) this.#agent.admit(held.ice);
    }
    const fragment = writeRestart(this.transportOf(held), this.#has);
    const told = held.tag.replace(/^W\//, '');
    const type = this.#has('restart-of-wrong-type') ? 'text/plain' : fragmentType;
    const etag = this.#has('restart-tells-wrong-etag') ? `"${randomBytes(6).toString('hex')}"` : told;
    held.tag = told;
    return exchange.reply(200, { 'Content-Type': type, ETag: etag }, fragment);
  }

  #answer(held: Held, exchange: Exchange): Replied {
    if (!/^v=0\r\n[^]*^a=ice-ufrag:/m.test(exchange.body)) return exchange.refuse(400);
    held.answerUntilMs = undefined;
    held.tag = held.tag.replace(/^W\//, '');
    const etag = this.#has('offer-answer-without-etag') ? {} : { ETag: held.tag };
    return exchange.reply(this.#has('offer-answer-200') ? 200 : 204, etag);
  }
}
