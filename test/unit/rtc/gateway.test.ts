import { afterEach, describe, expect, test, vi } from 'vitest';

import { nextPublicationId } from '#src/core/ids.ts';
import type { Living } from '#src/core/lifetime.ts';
import { silentLog } from '#src/core/log.ts';
import type { Track } from '#src/core/media.ts';
import type { IngestPeer, Peer, PeerGateway } from '#src/core/webrtc.ts';
import { openPeerGateway, type GatewayParts } from '#src/rtc/gateway.ts';
import { TestDtlsClient, type ClientOptions } from './kit/dtls-client.ts';
import { MemoryPlane } from './kit/memory-plane.ts';
import { linesOf, offerText } from './kit/offers.ts';

// Handshakes are real cryptography; a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

const never = new AbortController().signal;
const publication = nextPublicationId();
const tracks: readonly Track[] = [
  { kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: 'packetization-mode=1', rids: [''] },
];
const settings = {
  maxPeers: 10,
  negotiationTimeoutMs: 2_000,
  handshakeTimeoutMs: 20_000,
  transportCc: false,
};

const opened: AsyncDisposable[] = [];
const clients: TestDtlsClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.stop();
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

interface Rig {
  readonly plane: MemoryPlane;
  readonly gateway: PeerGateway & Living;
}
async function open(config: Partial<GatewayParts['config']> = {}): Promise<Rig> {
  const plane = new MemoryPlane();
  const gateway = await openPeerGateway({
    plane,
    addresses: ['192.0.2.1', '127.0.0.1'],
    config: { ...settings, ...config },
    log: silentLog,
  });
  opened.push(plane, gateway);
  return { plane, gateway };
}

/** A client whose certificate the offer names, tied to the plane's datagrams as soon as the peer is there. */
async function clientFor(plane: MemoryPlane, name: string, options: ClientOptions = {}) {
  let peer: Peer | undefined;
  const client = await TestDtlsClient.make((datagram) => {
    const to = peer;
    if (to) setImmediate(() => plane.emit({ type: 'dtls-in', peer: to.id, datagram }));
  }, options);
  clients.push(client);
  const offer = offerText(name).replaceAll(
    /a=fingerprint:sha-256 \S+/g,
    `a=fingerprint:sha-256 ${client.fingerprint.value}`,
  );
  plane.watch((command) => {
    if (command.type === 'dtls-out' && command.peer === peer?.id)
      setImmediate(() => client.receive(command.datagram));
  });
  return { client, offer, tie: (to: Peer): void => void (peer = to) };
}

async function publisher(
  { plane, gateway }: Rig,
  options: ClientOptions = {},
): Promise<{ peer: IngestPeer; client: TestDtlsClient }> {
  const { client, offer, tie } = await clientFor(plane, 'chromium-publish', options);
  const peer = await gateway.ingest(offer, publication, never);
  tie(peer);
  return { peer, client };
}

async function viewer(
  { plane, gateway }: Rig,
  options: ClientOptions = {},
): Promise<{ peer: Peer; client: TestDtlsClient }> {
  const { client, offer, tie } = await clientFor(plane, 'chromium-view', options);
  const peer = await gateway.egress(offer, { publication, tracks }, never);
  tie(peer);
  return { peer, client };
}

test('the answer names the port of the worker that the peer was placed in', async () => {
  const rig = await open();
  rig.plane.placedPort = 8190;
  const { peer } = await viewer(rig);
  expect(
    linesOf(peer.answer, 'a=candidate:').every((line) => / (192.0.2.1|127.0.0.1) 8190 typ host$/.test(line)),
  ).toBe(true);
  expect(rig.plane.placed).toEqual([{ peer: peer.id, role: 'viewer' }]);
  rig.plane.placedPort = 8189;
  const other = await publisher(rig);
  expect(linesOf(other.peer.answer, 'a=candidate:')[0]).toContain('192.0.2.1 8189');
  expect(rig.plane.placed.at(-1)).toEqual({ peer: other.peer.id, role: 'publisher' });
});

describe('a publisher', () => {
  test('is registered with both sides credentials, and publishes once it is secure', async () => {
    const rig = await open();
    const { peer, client } = await publisher(rig);
    expect(peer.tracks.map(({ codec }) => codec)).toEqual(['opus', 'vp8']);
    const added = rig.plane.last('add-peer');
    expect(added.remote).toEqual({ ufrag: '9TE4', password: 'qhiaLQihaqSRzKDeVOoyYv2n' });
    expect(linesOf(peer.answer, 'a=ice-ufrag:')).toEqual([added.local.ufrag, added.local.ufrag]);
    expect(linesOf(peer.answer, 'a=ice-pwd:')[0]).toBe(added.local.password);
    expect(rig.plane.types()).toEqual(['add-peer']);

    rig.plane.emit({ type: 'ice-connected', peer: peer.id, address: '192.0.2.9:5000' });
    client.begin();
    await peer.connected;
    const keys = await client.connected;
    const secure = rig.plane.last('secure');
    expect(secure.keys.profile).toBe('aead-aes-128-gcm');
    expect(Buffer.from(secure.keys.remoteKey)).toEqual(keys.localKey);
    expect(rig.plane.types().slice(-2)).toEqual(['secure', 'publish']);
    expect(rig.plane.last('publish')).toMatchObject({
      peer: peer.id,
      publication,
      tracks: [{ kind: 'audio' }, { kind: 'video' }],
    });
  });

  test('that never connects publishes nothing', async () => {
    const rig = await open();
    const { peer } = await publisher(rig);
    rig.plane.emit({ type: 'peer-gone', peer: peer.id, reason: 'never-came' });
    await expect(peer.connected).rejects.toMatchObject({ code: 'ice-timeout' });
    expect(await peer.closed).toMatchObject({ by: 'failure' });
    expect(rig.plane.types()).toEqual(['add-peer', 'remove-peer']);
  });

  test('with another certificate than its offer names is refused', async () => {
    const rig = await open();
    const { client, offer, tie } = await clientFor(rig.plane, 'chromium-publish');
    const peer = await rig.gateway.ingest(
      offer.replaceAll(/sha-256 ..:/g, 'sha-256 00:'),
      publication,
      never,
    );
    tie(peer);
    client.begin();
    await expect(peer.connected).rejects.toMatchObject({ code: 'dtls-failed' });
    expect(rig.plane.types()).not.toContain('publish');
    expect(rig.plane.types().at(-1)).toBe('remove-peer');
  });
});

describe('a viewer', () => {
  test('gets the SSRCs that its answer names', async () => {
    const rig = await open();
    const { peer, client } = await viewer(rig, { profiles: [1] });
    client.begin();
    await peer.connected;
    expect(rig.plane.last('secure').keys.profile).toBe('aes-128-cm-hmac-sha1-80');
    const [track] = rig.plane.last('view').tracks;
    expect(linesOf(peer.answer, 'a=ssrc-group:')).toEqual([`FID ${track?.ssrc} ${track?.rtxSsrc}`]);
    expect(track?.payloads[0]?.codec).toBe('h264');
  });

  test('that says goodbye is gone by itself', async () => {
    const rig = await open();
    const { peer, client } = await viewer(rig);
    client.begin();
    await Promise.all([peer.connected, client.connected]);
    rig.plane.emit({ type: 'dtls-in', peer: peer.id, datagram: client.alert(1, 0) });
    expect(await peer.closed).toEqual({ by: 'peer' });
    expect(rig.plane.types().at(-1)).toBe('remove-peer');
  });

  test('that falls silent is gone with a failure', async () => {
    const rig = await open();
    const { peer, client } = await viewer(rig);
    client.begin();
    await peer.connected;
    rig.plane.emit({ type: 'peer-gone', peer: peer.id, reason: 'silent' });
    expect(await peer.closed).toMatchObject({ by: 'failure', error: { code: 'peer-silent' } });
    await expect(peer.connected).resolves.toBeUndefined();
  });

  test('that we end hears our goodbye before it is removed', async () => {
    const rig = await open();
    const { peer, client } = await viewer(rig);
    client.begin();
    await Promise.all([peer.connected, client.connected]);
    await peer[Symbol.asyncDispose]();
    expect(rig.plane.types().slice(-2)).toEqual(['dtls-out', 'remove-peer']);
    expect(rig.plane.last('dtls-out').datagram[0]).toBe(21);
    expect(await peer.closed).toEqual({ by: 'owner' });
    const sent = rig.plane.commands.length;
    await peer[Symbol.asyncDispose]();
    rig.plane.emit({ type: 'peer-gone', peer: peer.id, reason: 'silent' });
    expect(rig.plane.commands).toHaveLength(sent);
  });

  test('of a stream that it cannot decode is refused and leaves nothing behind', async () => {
    const { plane, gateway } = await open();
    const av1: Track = { kind: 'video', codec: 'av1', clockRateHz: 90_000, fmtp: '', rids: [''] };
    const joining = gateway.egress(offerText('gstreamer-view'), { publication, tracks: [av1] }, never);
    await expect(joining).rejects.toMatchObject({ code: 'no-common-codec' });
    expect(plane.commands).toEqual([]);
  });
});

test('a handshake that does not end in time fails, counted from the first ICE check', async () => {
  const rig = await open({ handshakeTimeoutMs: 30 });
  const { peer } = await viewer(rig);
  rig.plane.emit({ type: 'ice-connected', peer: peer.id, address: '192.0.2.9:5000' });
  await expect(peer.connected).rejects.toMatchObject({ code: 'dtls-timeout' });
  expect(rig.plane.types().at(-1)).toBe('remove-peer');
});

test('an ICE restart gives new credentials and a new tag; trickle gives nothing', async () => {
  const rig = await open();
  const { peer } = await viewer(rig);
  const before = peer.etag;
  const { remote } = rig.plane.last('add-peer');
  expect(
    peer.trickle(
      `a=ice-ufrag:${remote.ufrag}\r\na=ice-pwd:${remote.password}\r\na=end-of-candidates\r\n`,
      before,
    ),
  ).toEqual({
    did: 'trickle',
  });
  const result = peer.trickle(`a=ice-ufrag:next\r\na=ice-pwd:${'n'.repeat(22)}\r\n`, '*');
  if (result.did !== 'restart') throw new Error('no restart');
  const restart = rig.plane.last('restart-ice');
  expect(restart).toMatchObject({ peer: peer.id, remote: { ufrag: 'next', password: 'n'.repeat(22) } });
  expect(linesOf(result.fragment, 'a=ice-ufrag:')).toEqual([restart.local.ufrag]);
  expect(linesOf(result.fragment, 'a=candidate:')).toEqual(linesOf(peer.answer, 'a=candidate:'));
  expect(linesOf(result.fragment, 'm=')).toEqual(linesOf(peer.answer, 'm=').slice(0, 1));
  expect(result.etag).toBe(peer.etag);
  expect(peer.etag).not.toBe(before);
  expect(() => peer.trickle('a=end-of-candidates\r\n', before)).toThrow(
    expect.objectContaining({ code: 'stale-etag' }) as Error,
  );
  expect(() => peer.trickle('rubbish', '*')).toThrow(
    expect.objectContaining({ code: 'bad-sdp-fragment' }) as Error,
  );
});

test('the number of peers is bounded, and a place is free again when one leaves', async () => {
  const rig = await open({ maxPeers: 2 });
  const { peer } = await viewer(rig);
  await viewer(rig);
  const full = { kind: 'unavailable', code: 'rtc-full', retryAfterMs: 5_000 };
  await expect(rig.gateway.ingest(offerText('obs-publish'), publication, never)).rejects.toMatchObject(full);
  await peer[Symbol.asyncDispose]();
  await expect(rig.gateway.ingest(offerText('obs-publish'), publication, never)).resolves.toBeDefined();
  await expect(rig.gateway.ingest(offerText('obs-publish'), publication, never)).rejects.toMatchObject(full);
});

test('joins at the same time do not overrun the bound', async () => {
  const { gateway } = await open({ maxPeers: 3 });
  const joins = Array.from({ length: 6 }, () => gateway.ingest(offerText('obs-publish'), publication, never));
  const results = await Promise.allSettled(joins);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
});

test('a client that left before its turn leaves nothing behind', async () => {
  const { plane, gateway } = await open();
  const leaving = new AbortController();
  const joining = gateway.ingest(offerText('obs-publish'), publication, leaving.signal);
  leaving.abort(new Error('the client left'));
  await expect(joining).rejects.toThrow('the client left');
  expect(plane.commands).toEqual([]);
});

test('closing the gateway ends every peer and stops hearing the plane', async () => {
  const rig = await open();
  const { peer } = await viewer(rig);
  await rig.gateway[Symbol.asyncDispose]();
  expect(await peer.closed).toEqual({ by: 'owner' });
  await expect(peer.connected).rejects.toMatchObject({ code: 'session-ended' });
  expect(rig.plane.listeners).toBe(0);
  await expect(rig.gateway.ingest(offerText('obs-publish'), publication, never)).rejects.toMatchObject({
    code: 'rtc-closed',
  });
});

test('a plane that dies ends every peer and the gateway', async () => {
  const rig = await open();
  const { peer } = await viewer(rig);
  const error = new Error('the worker died');
  await rig.plane.end({ by: 'failure', error });
  expect(await peer.closed).toEqual({ by: 'failure', error });
  expect(await rig.gateway.closed).toEqual({ by: 'failure', error });
});
