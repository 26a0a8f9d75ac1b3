import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { AccessRequest } from '#src/core/access.ts';
import type { Log } from '#src/core/log.ts';
import { webhookFailed, webhookRefused } from './failures.ts';
import type { Outbound } from './outbound.ts';

/** What is asked: a request, and what this node already knows about who sent it. */
export interface WebhookQuestion {
  readonly request: AccessRequest;
  /** Name of the key or `sub` of the token; null when this node could not check what came. */
  readonly subject: string | null;
  /** Claims of a token that this node checked; null otherwise. */
  readonly claims: Readonly<Record<string, unknown>> | null;
}

/** Where the question goes. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

const answerSchema = z.object({
  allow: z.boolean(),
  subject: z.string().min(1).max(200).nullish(),
  tier: z.enum(['interactive', 'broadcast']).nullish(),
  maxHeight: z.int().min(1).max(100_000).nullish(),
  ladder: z.string().min(1).max(64).nullish(),
  reason: z.string().max(300).nullish(),
});
/** A yes, with what it is limited to. */
export type WebhookAnswer = z.infer<typeof answerSchema>;

const timeoutMs = 3_000;
const maxAnswerBytes = 65_536;
/** Questions on their way at a time; a service that hangs must not pile them up here. */
const maxAsking = 200;
/** A service that is down is told about once in this time, not once a viewer. */
const complainEveryMs = 1_000;

/** Asks a service of the operator's who gets in. Whatever goes wrong, nobody does. */
export class Webhook {
  readonly #outbound: Outbound;
  readonly #log: Log;
  readonly #nowMs: () => number;
  #asking = 0;
  #complainedMs = -Infinity;

  constructor(deps: { readonly outbound: Outbound; readonly log: Log; readonly nowMs: () => number }) {
    this.#outbound = deps.outbound;
    this.#log = deps.log;
    this.#nowMs = deps.nowMs;
  }

  /** Resolves to a yes; throws `webhook-refused` or `webhook-failed`. */
  async ask(question: WebhookQuestion, target: WebhookTarget, signal: AbortSignal): Promise<WebhookAnswer> {
    const answer = await this.#answerTo(question, target, signal);
    if (!answer.allow) throw webhookRefused(answer.reason ?? undefined);
    return answer;
  }

  async #answerTo(
    question: WebhookQuestion,
    target: WebhookTarget,
    signal: AbortSignal,
  ): Promise<WebhookAnswer> {
    if (this.#asking >= maxAsking) throw this.#failed(`${maxAsking} questions wait for an answer`);
    this.#asking++;
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const { status, body } = await this.#outbound(this.#signed(question, target), patience);
      if (status !== 200) throw new Error(`it answered with status ${status}`);
      return answerSchema.parse(JSON.parse(body));
    } catch (error) {
      // Who hung up is told nothing, and that is no failure of the service.
      if (signal.aborted) throw signal.reason;
      throw this.#failed(problemOf(error));
    } finally {
      this.#asking--;
    }
  }

  /** The time is signed with the body, so that a service can refuse what was recorded and sent again. */
  #signed(question: WebhookQuestion, { url, secret }: WebhookTarget): Parameters<Outbound>[0] {
    const nowMs = this.#nowMs();
    const body = JSON.stringify(bodyOf(question, nowMs));
    const timestamp = String(Math.floor(nowMs / 1000));
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    return {
      url,
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Frontrow-Timestamp': timestamp,
        'Frontrow-Signature': `sha256=${signature}`,
      },
      body,
      maxBytes: maxAnswerBytes,
    };
  }

  #failed(problem: string): Error {
    const nowMs = this.#nowMs();
    if (nowMs - this.#complainedMs >= complainEveryMs) {
      this.#complainedMs = nowMs;
      this.#log.warn({ problem }, 'the webhook gave no answer that counts: nobody gets in');
    }
    return webhookFailed();
  }
}

function bodyOf({ request, subject, claims }: WebhookQuestion, nowMs: number): object {
  const { action, stream, address, userAgent, tier, token } = request;
  return {
    action,
    stream: stream ?? null,
    tier: tier ?? null,
    subject,
    claims,
    // A credential that this node can check is nobody else's business; one that it cannot is for the service to judge.
    token: subject === null ? (token ?? null) : null,
    address,
    userAgent,
    nodeTime: new Date(nowMs).toISOString(),
  };
}

function problemOf(error: unknown): string {
  if (error instanceof z.ZodError) return 'its answer is not { allow: true } or { allow: false }';
  if (error instanceof SyntaxError) return 'its answer is no JSON';
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `it took longer than ${timeoutMs} ms`;
  return error instanceof Error ? error.message : String(error);
}
