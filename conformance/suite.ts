import type { ConformanceTest } from './check.ts';
import { Context, type Settings } from './context.ts';
import { brief } from './http.ts';
import { Publisher } from './peers/publisher.ts';
import { NotSupported, notSupported } from './verdict.ts';

/** What came of one test. */
export interface Result {
  readonly test: ConformanceTest;
  readonly outcome: 'passed' | 'failed' | 'not supported';
  /** Why it failed or does not apply; '' when it passed. */
  readonly reason: string;
  readonly durationMs: number;
}

/** A test does several requests, each of which may take its time. */
const requestsOfATest = 8;

/** Runs tests against one server, one after the other, and keeps a stream alive for those that need one. */
export class Suite implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #abort = new AbortController();
  #live: LiveStream | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Throws when nothing answers at an endpoint: then there is nothing to test, and every test would only say so. */
  async reach(): Promise<void> {
    for (const protocol of ['whip', 'whep'] as const) {
      if (this.#settings[protocol] === undefined) continue;
      const context = new Context(protocol, this.#settings, this.#abort.signal);
      await context.request(context.endpoint, { method: 'OPTIONS' });
    }
  }

  /** Never throws for what a server does: that is a result. */
  async run(test: ConformanceTest): Promise<Result> {
    const startedMs = performance.now();
    const limitMs = this.#settings.timeoutMs * requestsOfATest + this.#settings.maxWaitMs;
    const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(limitMs)]);
    const context = new Context(test.protocol, this.#settings, signal);
    const outcome = await judged(async () => {
      if (test.phase === 'live') await this.#mustBeLive(signal);
      await test.run(context);
    });
    // What cannot be cleaned up counts, too: the server did not answer a DELETE.
    const cleanedUp = await judged(() => context[Symbol.asyncDispose]());
    const told = outcome.outcome === 'passed' ? cleanedUp : outcome;
    return { test, ...told, durationMs: performance.now() - startedMs };
  }

  async #mustBeLive(signal: AbortSignal): Promise<void> {
    if (this.#live?.alive !== true) {
      await this.#live?.[Symbol.asyncDispose]();
      this.#live = new LiveStream(this.#settings, this.#abort.signal);
      await this.#live.open(signal);
    }
  }

  /** Ends the stream. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#live?.[Symbol.asyncDispose]();
    this.#abort.abort();
  }
}

/** What the viewers watch: published by us when there is a WHIP endpoint, by somebody else otherwise. */
class LiveStream implements AsyncDisposable {
  readonly #whip: Context;
  readonly #whep: Settings;
  #publisher: Publisher | undefined;
  #ready = false;

  constructor(settings: Settings, signal: AbortSignal) {
    this.#whip = new Context('whip', settings, signal);
    this.#whep = settings;
  }

  get alive(): boolean {
    return this.#ready && this.#publisher?.transport.over !== true;
  }

  /** Publishes and waits until a viewer is let in; {@link NotSupported} when nobody is. */
  async open(signal: AbortSignal): Promise<void> {
    if (this.#whep.whip !== undefined) await this.#publish();
    await using viewer = new Context('whep', this.#whep, signal);
    let last = '';
    const letIn = async (): Promise<boolean> => {
      const answer = await viewer.post(viewer.offer().sdp);
      last = brief(answer);
      return answer.status !== 409 && answer.status !== 404;
    };
    const open = this.#publisher === undefined ? await letIn() : await viewer.within(letIn);
    if (!open) notSupported(`there is no stream to watch, so give --whip of the same stream too; ${last}`);
    this.#ready = true;
  }

  async #publish(): Promise<void> {
    const publisher = new Publisher();
    this.#publisher = publisher;
    this.#whip.defer(() => publisher.close());
    const created = await this.#whip.post(publisher.offer());
    if (created.status !== 201)
      notSupported(`the stream for the viewers could not be published; ${brief(created)}`);
    publisher.play(created.body);
    if (!(await this.#whip.within(() => publisher.transport.connected)))
      notSupported('the publisher of the stream for the viewers did not connect');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#whip[Symbol.asyncDispose]();
  }
}

async function judged(work: () => Promise<void>): Promise<Pick<Result, 'outcome' | 'reason'>> {
  try {
    await work();
    return { outcome: 'passed', reason: '' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: error instanceof NotSupported ? 'not supported' : 'failed', reason };
  }
}
