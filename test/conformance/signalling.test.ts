import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { catalogue, chosen } from '../../conformance/catalogue.ts';
import type { Settings } from '../../conformance/context.ts';
import { Publisher } from '../../conformance/peers/publisher.ts';
import { Suite } from '../../conformance/suite.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { until } from '#test/kit/wait.ts';

const usual = { badToken: 'nobody-issued-this', insecure: false, timeoutMs: 10_000, maxWaitMs: 4_000 };
/** The suite looks at signalling and transport; without FFmpeg there is no broadcast tier to keep the machine busy. */
const noFfmpeg = { FRONTROW_BRIDGE__FFMPEG_PATH: '/nonexistent/ffmpeg' };
const key = 'a-stream-key-of-the-conformance-suite';

const endpoints = (gateway: Gateway): Pick<Settings, 'whip' | 'whep'> => ({
  whip: gateway.url('/whip/conformance'),
  whep: gateway.url('/whep/conformance'),
});

/** With TURN servers; everything else as it comes. */
const open = `
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
    - { name: suite, sha256: ${createHash('sha256').update(key).digest('hex')}, allow: [publish, view] }
`;

/** What does not apply, of the tests about something that the settings of a gateway leave out. */
const strictOnly = /-tag-(missing-428|trickle-star|restart-needs-star)$/;
const lenientOnly = /-tag-lenient-/;
const overload = /-(redirect-\d+|redirect-followed|busy-503)$/;

interface Plan {
  readonly name: string;
  readonly config: string;
  readonly more: Partial<Settings>;
  /** Ids of tests that do not apply; all others have to pass. */
  readonly notSupported: RegExp;
}

const plans: readonly Plan[] = [
  {
    name: 'a gateway as it comes, with TURN servers',
    config: open,
    more: {},
    notSupported: either(strictOnly, overload, /-auth-|-offer-expired$/),
  },
  {
    name: 'a strict gateway that wants a token',
    config: strict,
    more: { token: key },
    notSupported: either(lenientOnly, overload, /-link-/),
  },
];

describe.each(plans)('$name', ({ config, more, notSupported }) => {
  let gateway: Gateway;
  let suite: Suite;
  beforeAll(async () => {
    gateway = await startGateway({ config, env: noFfmpeg });
    suite = new Suite({ ...usual, ...endpoints(gateway), ...more });
  });
  afterAll(async () => {
    await suite[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });

  it.each(catalogue.map((test) => ({ id: test.id, title: test.title, test })))(
    '$id: $title',
    async ({ id, test }) => {
      const { outcome, reason } = await suite.run(test);
      expect(outcome, reason).toBe(notSupported.test(id) ? 'not supported' : 'passed');
    },
  );
});

describe.each([
  { name: 'a full gateway', elsewhere: false, passes: /-busy-503$/ },
  { name: 'a full gateway that knows another', elsewhere: true, passes: /-redirect-/ },
])('$name', ({ elsewhere, passes }) => {
  let gateways: readonly Gateway[];
  let publisher: Publisher;
  let suite: Suite;
  beforeAll(async () => {
    const roomy = elsewhere ? await startGateway({ env: noFfmpeg }) : undefined;
    const overflow = roomy === undefined ? '' : `session: { overflowUrl: '${roomy.origin}' }`;
    const full = await startGateway({ config: `rtc: { maxPeers: 1 }\n${overflow}`, env: noFfmpeg });
    gateways = [full, ...(roomy === undefined ? [] : [roomy])];
    publisher = new Publisher();
    await occupy(full, publisher);
    const { whip: busyWhip, whep: busyWhep } = endpoints(full);
    suite = new Suite({ ...usual, ...endpoints(roomy ?? full), ...busy({ busyWhip, busyWhep }) });
  });
  afterAll(async () => {
    await suite[Symbol.asyncDispose]();
    publisher.close();
    for (const gateway of gateways) await gateway[Symbol.asyncDispose]();
  });

  it.each(
    chosen(['whip-redirect', 'whip-busy', 'whep-redirect', 'whep-busy']).map((test) => ({
      id: test.id,
      test,
    })),
  )('$id', async ({ id, test }) => {
    const { outcome, reason } = await suite.run({ ...test, phase: elsewhere ? test.phase : 'idle' });
    expect(outcome, reason).toBe(passes.test(id) ? 'passed' : 'not supported');
  });
});

/** One publisher is all that the gateway has room for. */
async function occupy(gateway: Gateway, publisher: Publisher): Promise<void> {
  const response = await fetch(gateway.url('/whip/conformance'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: publisher.offer(),
  });
  publisher.play(await response.text());
  await until('the stream is live', async () => (await gateway.stream('conformance'))?.live, {
    timeoutMs: 10_000,
  });
}

function busy({
  busyWhip,
  busyWhep,
}: {
  readonly busyWhip?: string | undefined;
  readonly busyWhep?: string | undefined;
}): Partial<Settings> {
  return { ...(busyWhip !== undefined && { busyWhip }), ...(busyWhep !== undefined && { busyWhep }) };
}

function either(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'));
}
