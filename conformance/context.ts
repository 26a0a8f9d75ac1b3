import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, brief, mediaTypeOf, type Request, send } from './http.ts';
import { type Credentials, type Offer, type OfferShape, writeOffer } from './offers.ts';
import { readSdp, type Sdp } from './sdp.ts';
import { must, notSupported, type Protocol } from './verdict.ts';

/** What is tested, and how. */
export interface Settings {
  readonly whip?: string;
  readonly whep?: string;
  /** Endpoints that take no more sessions, for the rules about load. */
  readonly busyWhip?: string;
  readonly busyWhep?: string;
  /** Goes into every Authorization header. */
  readonly token?: string;
  /** Of the WHEP side, when it differs. */
  readonly viewToken?: string;
  /** A token that the server must refuse; default: one that nobody issued. */
  readonly badToken: string;
  readonly insecure: boolean;
  /** Of one request. */
  readonly timeoutMs: number;
  /** Longest time that a test waits for something to expire. */
  readonly maxWaitMs: number;
}

/** Whose credential a request carries. */
export type Bearer =
  | 'holder'
  | 'nobody'
  | 'stranger'
  /** Who may do the other thing: watch instead of publish, or publish instead of watch. */
  | 'other side';

/** A request as a test writes it. */
export interface TestRequest extends Request {
  readonly as?: Bearer;
}

/** A session that the server opened. */
export interface Session {
  /** Absolute. */
  readonly url: string;
  readonly created: Answer;
  readonly answer: Sdp;
  readonly etag: string | undefined;
  /** The client's own. */
  readonly ice: Credentials;
}

export const sdpType = 'application/sdp';
export const fragmentType = 'application/trickle-ice-sdpfrag';
/** What a page of another origin sends. */
export const origin = 'https://page.example';

const redirectLimit = 5;
const rateLimitTries = 3;

/** What a test works with; sessions that it opened are ended behind it. */
export class Context implements AsyncDisposable {
  readonly protocol: Protocol;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly #cleanup = new AsyncDisposableStack();

  constructor(protocol: Protocol, settings: Settings, signal: AbortSignal) {
    this.protocol = protocol;
    this.settings = settings;
    this.signal = signal;
  }

  /** The endpoint under test. */
  get endpoint(): string {
    const url = this.protocol === 'whip' ? this.settings.whip : this.settings.whep;
    return url ?? notSupported(`no --${this.protocol} URL was given`);
  }

  /** The token of this protocol's side. */
  get token(): string | undefined {
    return this.#tokenOf('holder');
  }

  #tokenOf(as: Bearer): string | undefined {
    const { token, viewToken = token, badToken } = this.settings;
    switch (as) {
      case 'holder':
        return this.protocol === 'whep' ? viewToken : token;
      case 'other side':
        return this.protocol === 'whep' ? token : viewToken;
      case 'stranger':
        return badToken;
      case 'nobody':
        return undefined;
    }
  }

  /** One exchange; asks again where the server says that it was asked too often (429 with Retry-After). */
  async request(url: string, { as = 'holder', headers = {}, ...request }: TestRequest): Promise<Answer> {
    const authorization = this.#authorization(as);
    for (let turn = 1; ; turn++) {
      const answer = await send(
        url,
        { ...request, headers: { ...authorization, ...headers } },
        { timeoutMs: this.settings.timeoutMs, insecure: this.settings.insecure, signal: this.signal },
      );
      const waitMs = Number(answer.headers['retry-after'] ?? 1) * 1000;
      if (answer.status !== 429 || turn === rateLimitTries || waitMs > this.settings.timeoutMs) return answer;
      await sleep(waitMs, undefined, { signal: this.signal });
    }
  }

  #authorization(as: Bearer): Readonly<Record<string, string>> {
    const token = this.#tokenOf(as);
    return token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  /** An offer that the server has to take. */
  offer(shape: OfferShape = {}): Offer {
    return writeOffer(this.protocol, shape);
  }

  /** POSTs a body to the endpoint, follows 307 and 308, and sees to it that a session that comes of it is ended. */
  async post(
    body: string,
    headers: Readonly<Record<string, string>> = {},
    as: Bearer = 'holder',
  ): Promise<Answer> {
    let url = this.endpoint;
    for (let hop = 0; ; hop++) {
      const answer = await this.request(url, {
        method: 'POST',
        headers: { 'Content-Type': sdpType, ...headers },
        body,
        as,
      });
      const { location } = answer.headers;
      if (location !== undefined && (isSuccess(answer) || answer.status === 406))
        this.endLater(new URL(location, url).href);
      if (![307, 308].includes(answer.status) || location === undefined || hop === redirectLimit)
        return answer;
      url = new URL(location, url).href;
    }
  }

  /** Opens a session with a usual offer; a server that refuses it breaks the most basic rule there is. */
  async open(shape: OfferShape = {}): Promise<Session> {
    const offer = this.offer(shape);
    return this.opened(await this.post(offer.sdp), offer.ice);
  }

  /** Reads what came of an offer that the server had to take. */
  opened(created: Answer, ice: Credentials): Session {
    // One test demands exactly 201; the others look at what they are about.
    must(isSuccess(created), `expected 201 for a usual offer; ${brief(created)}`);
    const { location, etag } = created.headers;
    must(location !== undefined, 'the 201 has no Location');
    return {
      url: new URL(location, created.url).href,
      created,
      answer: readSdp(created.body),
      etag,
      ice,
    };
  }

  /** PATCHes a session with an SDP fragment. */
  patch(session: Session, body: string, ifMatch?: string): Promise<Answer> {
    return this.request(session.url, {
      method: 'PATCH',
      headers: { 'Content-Type': fragmentType, ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }) },
      body,
    });
  }

  /** DELETEs a session. */
  end(session: Session, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.request(session.url, { method: 'DELETE', headers });
  }

  /** DELETEs what is at this URL when the test is over, whether it is still there or not. */
  endLater(url: string): void {
    this.defer(async () => {
      await this.request(url, { method: 'DELETE' });
    });
  }

  /** Does this when the test is over. */
  defer(work: () => void | Promise<void>): void {
    this.#cleanup.defer(work);
  }

  /** Waits for something that comes by itself; a violation when it does not within the time of a request. */
  async eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
    must(await this.within(check), `${what}: not within ${this.settings.timeoutMs} ms`);
  }

  /** Whether it becomes so in time; usually that of a request. */
  async within(
    check: () => boolean | Promise<boolean>,
    timeoutMs = this.settings.timeoutMs,
  ): Promise<boolean> {
    const deadlineMs = performance.now() + timeoutMs;
    while (!(await check())) {
      if (performance.now() > deadlineMs) return false;
      await sleep(20, undefined, { signal: this.signal });
    }
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.disposeAsync();
  }
}

/** Throws unless the answer has one of these statuses. */
export function expectStatus(answer: Answer, ...allowed: readonly number[]): void {
  must(allowed.includes(answer.status), `expected ${allowed.join(' or ')}; ${brief(answer)}`);
}

/** Whether the request was understood and done (2xx). */
export function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** Throws unless the answer is 2xx. */
export function expectSuccess(answer: Answer): void {
  must(isSuccess(answer), `expected success; ${brief(answer)}`);
}

/** Throws unless the server refused it as the client's mistake. */
export function expectRefusal(answer: Answer, what: string): void {
  must(answer.status >= 400 && answer.status < 500, `expected a 4xx status for ${what}; ${brief(answer)}`);
}

/** Throws unless the answer's body has this media type. */
export function expectType(answer: Answer, type: string): void {
  must(
    mediaTypeOf(answer) === type,
    `expected Content-Type ${type}, got ${answer.headers['content-type'] ?? 'none'}`,
  );
}
