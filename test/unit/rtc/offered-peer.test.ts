import { afterEach, expect, test, vi } from 'vitest';

import { nextPublicationId } from '#src/core/ids.ts';
import type { Living } from '#src/core/lifetime.ts';
import { silentLog } from '#src/core/log.ts';
import type { Track } from '#src/core/media.ts';
import type { OfferedPeer, PeerGateway } from '#src/core/webrtc.ts';
import { openPeerGateway } from '#src/rtc/gateway.ts';
import { TestDtlsClient } from './kit/dtls-client.ts';
import { MemoryPlane } from './kit/memory-plane.ts';
import { answerTo } from './kit/offer-answers.ts';
import { linesOf, offerText } from './kit/offers.ts';

// Handshakes are real cryptography; a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

const never = new AbortController().signal;
const publication = nextPublicationId();
const tracks: readonly Track[] = [
  { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: '', rids: [''] },
  { kind: 'video', codec: 'vp8', clockRateHz: 90_000, fmtp: '', rids: [''] },
];
const opened: AsyncDisposable[] = [];
const clients: TestDtlsClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.stop();
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function open(maxPeers = 10): Promise<{ plane: MemoryPlane; gateway: PeerGateway & Living }> {
  const plane = new MemoryPlane();
  const gateway = await openPeerGateway({
    plane,
    addresses: ['127.0.0.1'],
    config: {
      maxPeers,
      negotiationTimeoutMs: 2_000,
      handshakeTimeoutMs: 20_000,
      transportCc: true,
    },
    log: silentLog,
  });
  opened.push(plane, gateway);
  return { plane, gateway };
}

function offer(gateway: PeerGateway): Promise<OfferedPeer> {
  return gateway.offer({ publication, tracks }, never);
}

/** A client tied to the plane's datagrams. */
async function clientOf(plane: MemoryPlane, peer: OfferedPeer): Promise<TestDtlsClient> {
  const client = await TestDtlsClient.make((datagram) =>
    setImmediate(() => plane.emit({ type: 'dtls-in', peer: peer.id, datagram })),
  );
  clients.push(client);
  plane.watch((command) => {
    if (command.type === 'dtls-out' && command.peer === peer.id)
      setImmediate(() => client.receive(command.datagram));
  });
  return client;
}

test('an offer takes a place and nothing else; nobody may check before the answer', async () => {
  const { plane, gateway } = await open();
  const peer = await offer(gateway);
  expect(plane.placed).toEqual([{ peer: peer.id, role: 'viewer' }]);
  expect(plane.commands).toEqual([]);
  expect(linesOf(peer.answer, 'a=setup:')).toEqual(['actpass', 'actpass']);
  expect(linesOf(peer.answer, 'a=candidate:')[0]).toContain('127.0.0.1 8189 typ host');
});

test('the answer opens the transport: credentials of both, a handshake, then the view with the offer’s SSRCs', async () => {
  const { plane, gateway } = await open();
  const peer = await offer(gateway);
  const client = await clientOf(plane, peer);
  peer.wish({ maxHeight: 360 });
  const { etag } = peer;
  peer.accept(answerTo(peer.answer, { fingerprint: client.fingerprint.value }));
  expect(peer.etag).toBe(etag);
  const added = plane.last('add-peer');
  expect(added.remote).toEqual({ ufrag: 'view', password: 'v'.repeat(24) });
  expect(linesOf(peer.answer, 'a=ice-ufrag:')[0]).toBe(added.local.ufrag);
  client.begin();
  await peer.connected;
  expect(plane.types().slice(-3)).toEqual(['secure', 'view', 'wish']);
  const [sound, picture] = plane.last('view').tracks;
  expect(linesOf(peer.answer, 'a=ssrc-group:')).toEqual([`FID ${picture?.ssrc} ${picture?.rtxSsrc}`]);
  expect(linesOf(peer.answer, `a=ssrc:${sound?.ssrc} `)).not.toEqual([]);
  expect(plane.last('wish').video).toEqual({ maxHeight: 360 });
  peer.wish({});
  expect(plane.last('wish').video).toEqual({});
  plane.emit({ type: 'dtls-in', peer: peer.id, datagram: client.alert(1, 0) });
  expect(await peer.closed).toEqual({ by: 'peer' });
});

test('a refused answer changes nothing, the same answer again is fine, another one is refused', async () => {
  const { plane, gateway } = await open();
  const peer = await offer(gateway);
  const answer = answerTo(peer.answer);
  expect(() => peer.accept('rubbish')).toThrow(expect.objectContaining({ code: 'bad-sdp' }) as Error);
  expect(() => peer.accept(answer.replaceAll('setup:active', 'setup:actpass'))).toThrow(
    expect.objectContaining({ code: 'wrong-setup' }) as Error,
  );
  expect(plane.commands).toEqual([]);
  peer.accept(answer);
  peer.accept(answer);
  expect(plane.types()).toEqual(['add-peer']);
  expect(() => peer.accept(answerTo(peer.answer, { ufrag: 'other' }))).toThrow(
    expect.objectContaining({ code: 'already-answered' }) as Error,
  );
});

test('candidates may come before the answer; a restart works after it', async () => {
  const { plane, gateway } = await open();
  const peer = await offer(gateway);
  expect(peer.trickle('a=end-of-candidates\r\n', undefined)).toEqual({ did: 'trickle' });
  expect(() => peer.trickle('rubbish', undefined)).toThrow(
    expect.objectContaining({ code: 'bad-sdp-fragment' }) as Error,
  );
  peer.accept(answerTo(peer.answer).replace('m=audio 9', 'm=audio 0'));
  const restart = `a=ice-ufrag:next\r\na=ice-pwd:${'n'.repeat(22)}\r\n`;
  const result = peer.trickle(restart, '*', 'strict');
  if (result.did !== 'restart') throw new Error('no restart');
  expect(linesOf(result.fragment, 'm=')).toEqual(linesOf(peer.answer, 'm=').slice(1));
  expect(linesOf(result.fragment, 'a=group:')).toEqual(['BUNDLE 1']);
  expect(plane.last('restart-ice').remote.ufrag).toBe('next');
});

test('an offer that is dropped gives its place back', async () => {
  const { plane, gateway } = await open(1);
  const peer = await offer(gateway);
  await expect(
    gateway.egress(offerText('chromium-view'), { publication, tracks }, never),
  ).rejects.toMatchObject({ code: 'rtc-full' });
  await peer[Symbol.asyncDispose]();
  await peer[Symbol.asyncDispose]();
  expect(plane.types()).toEqual(['remove-peer']);
  expect(await peer.closed).toEqual({ by: 'owner' });
  await expect(peer.connected).rejects.toMatchObject({ code: 'session-ended' });
  expect(() => peer.accept(answerTo(peer.answer))).toThrow(
    expect.objectContaining({ code: 'session-ended' }) as Error,
  );
  await offer(gateway);
});

test('a client that left before its turn is offered nothing', async () => {
  const { plane, gateway } = await open();
  const leaving = new AbortController();
  const joining = gateway.offer({ publication, tracks }, leaving.signal);
  leaving.abort(new Error('the client left'));
  await expect(joining).rejects.toThrow('the client left');
  expect(plane.placed).toEqual([]);
});

test('a plane that dies ends offers too', async () => {
  const { plane, gateway } = await open();
  const peer = await offer(gateway);
  const error = new Error('the worker died');
  await plane.end({ by: 'failure', error });
  expect(await peer.closed).toEqual({ by: 'failure', error });
});
