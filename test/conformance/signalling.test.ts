import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { catalogue, chosen } from '../../conformance/catalogue.ts';
import type { ConformanceTest } from '../../conformance/check.ts';
import type { Settings } from '../../conformance/context.ts';
import { Publisher } from '../../conformance/peers/publisher.ts';
import { type Result, Suite } from '../../conformance/suite.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { until } from '#test/kit/wait.ts';

const usual = { badToken: 'nobody-issued-this', insecure: false, timeoutMs: 10_000, maxWaitMs: 4_000 };
/** The suite looks at signalling and transport; without FFmpeg there is no broadcast tier to keep the machine busy. */
const noFfmpeg = { FRONTROW_BRIDGE__FFMPEG_PATH: '/nonexistent/ffmpeg' };
const token = 'a-stream-key-of-the-conformance-suite';
const viewToken = 'another-one-for-viewers-of-it';
const hash = (key: string): string => createHash('sha256').update(key).digest('hex');

/** With TURN servers; everything else as it comes. */
const lenient = `
http:
  iceServers:
    - { url: 'stun:stun.example.org:3478' }
    - { url: 'turn:turn.example.org:3478?transport=udp', secret: a-secret-that-coturn-knows-too }
    - { url: 'turn:turn.example.org:3478?transport=tcp', username: someone, credential: something }
    - { url: 'turns:turn.example.org:5349', username: someone, credential: something }
`;

/** Everything as strict as it gets. */
const strict = `
session:
  strictEtags: true
  offerValidMs: 2000
auth:
  strictSessions: true
  streamKeys:
    - { name: publisher, sha256: ${hash(token)}, allow: [publish] }
    - { name: viewer, sha256: ${hash(viewToken)}, allow: [view] }
`;

const overload = chosen(['whip-redirect', 'whip-busy', 'whep-redirect', 'whep-busy']);

interface Plan {
  readonly name: string;
  readonly tests: readonly ConformanceTest[];
  /** Ids of tests that do not apply; all others have to pass. */
  readonly notSupported: RegExp;
  readonly settings: (gateways: Gateways) => Promise<Settings>;
}

interface Gateways {
  readonly lenient: Promise<Gateway>;
  readonly strict: Promise<Gateway>;
  /** Has room for one publisher only, and sends everybody else to the lenient one. */
  readonly full: Promise<Gateway>;
  /** Takes one session in ten seconds. */
  readonly often: Promise<Gateway>;
}

const endpoints = (gateway: Gateway, stream: string): Required<Pick<Settings, 'whip' | 'whep'>> => ({
  whip: gateway.url(`/whip/${stream}`),
  whep: gateway.url(`/whep/${stream}`),
});

const plans: readonly Plan[] = [
  {
    name: 'a gateway as it comes, with TURN servers',
    tests: catalogue,
    notSupported:
      /-auth-|-offer-expired$|-tag-(missing-428|trickle-star|restart-needs-star)$|-redirect-|-busy-/,
    settings: async ({ lenient }) => ({ ...usual, ...endpoints(await lenient, 'conformance') }),
  },
  {
    name: 'a strict gateway that wants a token',
    tests: catalogue,
    notSupported: /-tag-lenient-|-link-|-redirect-|-busy-/,
    settings: async ({ strict }) => ({
      ...usual,
      ...endpoints(await strict, 'conformance'),
      token,
      viewToken,
    }),
  },
  {
    name: 'a full gateway that knows another',
    tests: overload,
    notSupported: /-busy-/,
    settings: async ({ lenient, full }) => {
      const { whip, whep } = endpoints(await full, 'full');
      return { ...usual, ...endpoints(await lenient, 'full'), busyWhip: whip, busyWhep: whep };
    },
  },
  {
    name: 'a full gateway, for somebody who was sent there by another',
    tests: overload,
    notSupported: /-redirect-|-busy-429/,
    settings: async ({ lenient, full }) => {
      const { whip, whep } = endpoints(await full, 'full');
      const sent = { busyWhip: `${whip}?overflow=1`, busyWhep: `${whep}?overflow=1` };
      return { ...usual, ...endpoints(await lenient, 'sent'), ...sent };
    },
  },
  {
    name: 'a gateway that was asked too often',
    tests: chosen(['whip-busy-429', 'whep-busy-429']),
    notSupported: /^$/,
    settings: async ({ lenient, often }) => {
      const { whip, whep } = endpoints(await often, 'often');
      await useUp(whip);
      // Shorter than what Retry-After says: the suite does not ask again.
      return {
        ...usual,
        ...endpoints(await lenient, 'asked'),
        busyWhip: whip,
        busyWhep: whep,
        timeoutMs: 2_500,
      };
    },
  },
];

/** Plans wait most of the time, each for its own gateway, so they run side by side, and the tests below tell what came of it. */
class Run {
  readonly #results = new Map<string, PromiseWithResolvers<Result>>();
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
    for (const { id } of plan.tests) this.#results.set(id, Promise.withResolvers());
  }

  async start(gateways: Gateways): Promise<void> {
    await using suite = new Suite(await this.#plan.settings(gateways));
    for (const test of this.#plan.tests) this.#results.get(test.id)?.resolve(await suite.run(test));
  }

  result(id: string): Promise<Result> | undefined {
    return this.#results.get(id)?.promise;
  }
}

const runs = new Map(plans.map((plan) => [plan, new Run(plan)]));
const publisher = new Publisher();
let opened: Gateways;
let finished: Promise<unknown>;

beforeAll(() => {
  const open = startGateway({ config: lenient, env: noFfmpeg });
  opened = {
    lenient: open,
    strict: startGateway({ config: strict, env: noFfmpeg }),
    full: startFull(open),
    often: startGateway({ config: '{ http: { joinsPerAddress: 1 } }', env: noFfmpeg }),
  };
  finished = Promise.all([...runs.values()].map((run) => run.start(opened)));
});

afterAll(async () => {
  await finished;
  publisher.close();
  await Promise.all(
    Object.values(opened).map(async (gateway: Promise<Gateway>) => (await gateway)[Symbol.asyncDispose]()),
  );
});

describe.each(plans)('$name', (plan) => {
  it.each(plan.tests.map(({ id, title }) => ({ id, title })))('$id: $title', async ({ id }) => {
    const result = await Promise.race([runs.get(plan)?.result(id), finished.then(() => undefined)]);
    const wanted = plan.notSupported.test(id) ? 'not supported' : 'passed';
    expect(result?.outcome, result?.reason).toBe(wanted);
  });
});

async function useUp(whip: string): Promise<void> {
  const headers = { 'Content-Type': 'application/sdp' };
  const signal = AbortSignal.timeout(usual.timeoutMs);
  await fetch(whip, { method: 'POST', headers, body: publisher.offer(), signal });
}

async function startFull(other: Promise<Gateway>): Promise<Gateway> {
  const config = `{ rtc: { maxPeers: 1 }, session: { overflowUrl: '${(await other).origin}' } }`;
  const gateway = await startGateway({ config, env: noFfmpeg });
  const response = await fetch(gateway.url('/whip/full'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: publisher.offer(),
    signal: AbortSignal.timeout(usual.timeoutMs),
  });
  publisher.play(await response.text());
  await until('the stream is live', async () => (await gateway.stream('full'))?.live, { timeoutMs: 10_000 });
  return gateway;
}
