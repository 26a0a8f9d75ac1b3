import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chromiumPath, launchChromium } from '#test/kit/chromium.ts';
import { type FarSide, openFarSide } from '#test/kit/far-side.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { ObsPublisher } from '#test/kit/obs-publisher.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { startTurnServer, type TurnServer } from '#test/kit/turn-server.ts';
import { until } from '#test/kit/wait.ts';

const secret = 'what coturn and the gateway know';
const opened = new AsyncDisposableStack();
let far: FarSide;
let relay: TurnServer;
let gateway: Gateway;
let browser: Browser;

beforeAll(async () => {
  far = opened.use(await openFarSide(chromiumPath));
  relay = opened.use(await startTurnServer(far.hereIp, secret));
  gateway = opened.use(
    await startGateway({
      env: {
        FRONTROW_RTC__ADDRESSES: far.hereIp,
        // Whose UDP is blocked would come over TCP to the gateway itself; here the relay is to be proved.
        FRONTROW_RTC__TCP_PORT: 'off',
        FRONTROW_HTTP__ADDRESS: '0.0.0.0',
        FRONTROW_AUTH__ALLOW_OPEN: 'true',
      },
      config: [
        'http:',
        '  iceServers:',
        ...['tcp', 'udp'].map(
          (transport) =>
            `    - { url: "turn:${far.hereIp}:${relay.port}?transport=${transport}", secret: "${secret}" }`,
        ),
      ].join('\n'),
    }),
  );
  const recording = await makeRecording({
    codec: 'h264',
    width: 320,
    height: 180,
    bitrateBps: 300_000,
    seconds: 4,
    keyframeSeconds: 1,
  });
  opened.use(await ObsPublisher.open({ whipUrl: gateway.url('/whip/far'), recording }));
  await until('the stream is live', async () => (await gateway.stream('far'))?.live, { timeoutMs: 20_000 });
  browser = await launchChromium(far.browserPath);
  opened.defer(() => browser.close());
});
afterAll(() => opened.disposeAsync());

/** What the page's connection tells about itself. */
interface Seen {
  readonly state: string;
  readonly candidateType: string;
  readonly relayProtocol: string;
  readonly framesDecoded: number;
}

/** Opens the product's own watch page on the far side, and looks at its connection until it satisfies. */
async function watch(satisfies: (seen: Seen) => boolean): Promise<Seen> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(keepPeers);
    const { port } = new URL(gateway.origin);
    await page.goto(`http://${far.hereIp}:${port}/watch/far`);
    let last: readonly Seen[] = [];
    return await until(
      'the page plays over the relay',
      async () => {
        last = await page.evaluate(lookAtPeers);
        return last.find(satisfies);
      },
      { timeoutMs: 60_000, everyMs: 250, detail: () => [last, relay.logs.slice(-10)] },
    );
  } finally {
    await context.close();
  }
}

/** The part of a page's connections that is looked at. */
interface PagePeer {
  readonly connectionState: string;
  getStats(): Promise<{ forEach(see: (entry: Readonly<Record<string, unknown>>) => void): void }>;
}
interface PageScope {
  keptPeers: PagePeer[];
  RTCPeerConnection: new () => PagePeer;
}

/** Runs in the page, before its own scripts: keeps every connection that they make. */
function keepPeers(): void {
  const scope = globalThis as unknown as PageScope;
  scope.keptPeers = [];
  scope.RTCPeerConnection = new Proxy(scope.RTCPeerConnection, {
    construct(target, values: unknown[]) {
      const peer = Reflect.construct(target, values) as PagePeer;
      scope.keptPeers.push(peer);
      return peer;
    },
  });
}

/** Runs in the page. */
async function lookAtPeers(): Promise<Seen[]> {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return Promise.all(
    (globalThis as unknown as PageScope).keptPeers.map(async (peer) => {
      const all = new Map<string, Readonly<Record<string, unknown>>>();
      (await peer.getStats()).forEach((entry) => all.set(text(entry['id']), entry));
      const entries = [...all.values()];
      const transport = entries.find((entry) => entry['type'] === 'transport');
      const pair = all.get(text(transport?.['selectedCandidatePairId']));
      const local = all.get(text(pair?.['localCandidateId']));
      const video = entries.find((entry) => entry['type'] === 'inbound-rtp' && entry['kind'] === 'video');
      return {
        state: peer.connectionState,
        candidateType: text(local?.['candidateType']),
        relayProtocol: text(local?.['relayProtocol']),
        framesDecoded: Number(video?.['framesDecoded'] ?? 0),
      };
    }),
  );
}

describe('a viewer whose way to the gateway is cut', () => {
  it('for UDP, all but that of the relay, plays through the relay', async () => {
    await far.blockUdpExcept(relay.port);
    const seen = await watch(({ framesDecoded }) => framesDecoded > 60);
    expect(seen).toMatchObject({ state: 'connected', candidateType: 'relay', relayProtocol: 'udp' });
  });

  it('for all UDP, plays through the relay over TCP', async () => {
    await far.blockUdpExcept();
    const seen = await watch(({ framesDecoded }) => framesDecoded > 60);
    expect(seen).toMatchObject({ state: 'connected', candidateType: 'relay', relayProtocol: 'tcp' });
  });
});
