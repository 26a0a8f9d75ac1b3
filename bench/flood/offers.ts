import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';

import { hostileOffers } from '#test/fuzz/sdp-hostile.ts';
import { mutatedOffer, noise } from '#test/fuzz/sdp-mutations.ts';
import type { Gateway } from '#test/kit/gateway.ts';

/** How the gateway took offers that nobody honest sends. */
export interface OffersTaken {
  readonly tookMs: readonly number[];
  /** Longest wait of the control plane's event loop in each second meanwhile. */
  readonly loopDelaysMs: readonly number[];
  readonly statuses: Readonly<Record<string, number>>;
}

const mutations = 2_000;

/** Posts the hostile offers and 2,000 mutated ones, one after the other, to both endpoints in turn. */
export async function takeOffers(
  gateway: Gateway,
  { view: authorization, operate }: { readonly view: string; readonly operate: string },
): Promise<OffersTaken> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const random = noise(20_261_121);
  const mutated = Array.from({ length: mutations }, (_, round) => mutatedOffer(random, round));
  const tookMs: number[] = [];
  const statuses: Record<string, number> = {};
  const watching = new AbortController();
  const loop = loopDelays(gateway, operate, watching.signal);
  for (const [number, offer] of [...Object.values(hostileOffers), ...mutated].entries()) {
    const startedMs = performance.now();
    const url = gateway.url(number % 2 === 0 ? '/whip/strange' : '/whep/calm');
    const { statusCode = 0, headers } = await ask(agent, { method: 'POST', url, authorization, body: offer });
    tookMs.push(performance.now() - startedMs);
    statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
    if (headers.location !== undefined)
      await ask(agent, { method: 'DELETE', url: headers.location, authorization });
  }
  watching.abort();
  agent.destroy();
  return { tookMs, loopDelaysMs: await loop, statuses };
}

async function ask(
  agent: Agent,
  wish: {
    readonly method: string;
    readonly url: string;
    readonly authorization: string;
    readonly body?: string;
  },
): Promise<IncomingMessage> {
  const headers = { Authorization: wish.authorization, 'Content-Type': 'application/sdp' };
  const signal = AbortSignal.timeout(10_000);
  const call = request(wish.url, { agent, method: wish.method, headers, signal });
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  call.end(wish.body);
  const [response] = await answered;
  response.resume();
  await once(response, 'end');
  return response;
}

async function loopDelays(gateway: Gateway, authorization: string, signal: AbortSignal): Promise<number[]> {
  const delaysMs: number[] = [];
  try {
    const response = await fetch(gateway.url('/api/events'), {
      headers: { Authorization: authorization },
      signal,
    });
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? [])
      for (const [, delay] of text.matchAll(/"controlLoopDelayMs":([\d.]+)/g)) delaysMs.push(Number(delay));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  // The first is of the time before.
  return delaysMs.slice(1);
}
