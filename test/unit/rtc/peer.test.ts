import { afterEach, expect, test, vi } from 'vitest';

import { nextPublicationId, type PeerId } from '#src/core/ids.ts';
import { silentLog } from '#src/core/log.ts';
import type { Track } from '#src/core/media.ts';
import type { Peer } from '#src/core/webrtc.ts';
import { splitRecords } from '#src/rtc/dtls-records.ts';
import { openPeerGateway } from '#src/rtc/gateway.ts';
import { serverIdentity } from './kit/client-wire.ts';
import { MemoryPlane } from './kit/memory-plane.ts';
import { answerTo } from './kit/offer-answers.ts';
import { linesOf, offerText } from './kit/offers.ts';
import { ScriptedServer } from './kit/scripted-server.ts';

vi.setConfig({ testTimeout: 30_000 });

const never = new AbortController().signal;
const publication = nextPublicationId();
const tracks: readonly Track[] = [
  { kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: 'packetization-mode=1', rids: [''] },
];
const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** A gateway, and DTLS servers that are tied to its peers. */
async function open(handshakeTimeoutMs = 20_000) {
  const plane = new MemoryPlane();
  const config = { maxPeers: 10, negotiationTimeoutMs: 2_000, handshakeTimeoutMs, transportCc: false };
  const gateway = await openPeerGateway({ plane, addresses: ['127.0.0.1'], config, log: silentLog });
  opened.push(plane, gateway);
  const { fingerprint } = await serverIdentity;
  const identity = await serverIdentity;
  return {
    plane,
    gateway,
    /** An offer of a client that insists on being the DTLS server. */
    passive: (name: string): string =>
      offerText(name)
        .replaceAll('a=setup:actpass', 'a=setup:passive')
        .replaceAll(/a=fingerprint:sha-256 \S+/g, `a=fingerprint:sha-256 ${fingerprint.value}`),
    serve(peer: PeerId): ScriptedServer {
      const server = new ScriptedServer(identity, {}, (datagram) =>
        setImmediate(() => plane.emit({ type: 'dtls-in', peer, datagram })),
      );
      plane.watch((command) => {
        if (command.type === 'dtls-out' && command.peer === peer)
          setImmediate(() => server.receive(command.datagram));
      });
      return server;
    },
  };
}
type Rig = Awaited<ReturnType<typeof open>>;

const reach = ({ plane }: Rig, { id }: Pick<Peer, 'id'>): void =>
  plane.emit({ type: 'ice-connected', peer: id, address: '192.0.2.9:5000' });

test('a passive publisher is answered with active, greeted once it is reachable, and publishes', async () => {
  const rig = await open();
  const peer = await rig.gateway.ingest(rig.passive('ffmpeg-publish-passive'), publication, never);
  const server = rig.serve(peer.id);
  expect(linesOf(peer.answer, 'a=setup:')).toEqual(['active', 'active']);
  // Whoever has not proved that he is there is told nothing: nobody else can be greeted in his name.
  expect(rig.plane.types()).toEqual(['add-peer']);
  reach(rig, peer);
  expect(rig.plane.types()).toEqual(['add-peer', 'dtls-out']);
  const hello = rig.plane.last('dtls-out').datagram;
  expect(splitRecords(hello).map(({ type, fragment }) => [type, fragment[0]])).toEqual([[22, 1]]);
  expect(hello.length).toBeLessThan(200);
  await peer.connected;
  const { keys } = rig.plane.last('secure');
  expect(keys.localKey).toEqual(server.keys?.remoteKey);
  expect(keys.remoteKey).toEqual(server.keys?.localKey);
  expect(rig.plane.types().slice(-2)).toEqual(['secure', 'publish']);
  expect(server.provedPossession).toBe(true);
});

test('a passive viewer too; its goodbye ends the session, ours is said before it is removed', async () => {
  const rig = await open();
  const viewers = await Promise.all(
    [1, 2].map(() => rig.gateway.egress(rig.passive('chromium-view'), { publication, tracks }, never)),
  );
  const servers = viewers.map(({ id }) => rig.serve(id));
  for (const viewer of viewers) reach(rig, viewer);
  await Promise.all(viewers.map(({ connected }) => connected));
  expect(rig.plane.types().filter((type) => type === 'view')).toHaveLength(2);
  servers[0]?.alert(1, 0);
  expect(await viewers[0]?.closed).toEqual({ by: 'peer' });
  await viewers[1]?.[Symbol.asyncDispose]();
  expect(rig.plane.types().slice(-2)).toEqual(['dtls-out', 'remove-peer']);
});

test('a viewer may answer our offer with passive', async () => {
  const rig = await open();
  const peer = await rig.gateway.offer({ publication, tracks }, never);
  const { value } = (await serverIdentity).fingerprint;
  rig.serve(peer.id);
  peer.accept(answerTo(peer.answer, { fingerprint: value }).replaceAll('setup:active', 'setup:passive'));
  reach(rig, peer);
  await peer.connected;
  expect(rig.plane.types().slice(-2)).toEqual(['secure', 'view']);
});

test('one that shows another certificate than its offer names does not publish', async () => {
  const rig = await open();
  const peer = await rig.gateway.ingest(offerText('ffmpeg-publish-passive'), publication, never);
  rig.serve(peer.id);
  reach(rig, peer);
  await expect(peer.connected).rejects.toMatchObject({ code: 'dtls-failed' });
  expect(rig.plane.types()).not.toContain('publish');
  expect(rig.plane.types().at(-1)).toBe('remove-peer');
});

test('one that never answers our hello is given up, and greeted no more', async () => {
  const rig = await open(600);
  const peer = await rig.gateway.ingest(rig.passive('ffmpeg-publish-passive'), publication, never);
  reach(rig, peer);
  await expect(peer.connected).rejects.toMatchObject({ code: 'dtls-timeout' });
  const sent = rig.plane.types();
  expect(sent.filter((type) => type === 'dtls-out').length).toBeGreaterThan(0);
  expect(sent.filter((type) => type === 'dtls-out').length).toBeLessThan(5);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(rig.plane.types()).toEqual(sent);
});
