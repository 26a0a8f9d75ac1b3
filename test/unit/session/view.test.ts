import { expect, test } from 'vitest';
import { join } from '#src/session/join.ts';
import { endSession, patchSession } from '#src/session/leave.ts';
import { openPublisher } from '#src/session/publish.ts';
import { openViewer } from '#src/session/view.ts';
import { offerFor, sessionRig, settle, streamName } from '#test/kit/session-fakes.ts';

test('without a publisher a viewer is told to come back', async () => {
  const { deps } = sessionRig();
  await expect(openViewer(deps, offerFor('a'))).rejects.toMatchObject({
    code: 'no-publisher',
    retryAfterMs: 2_000,
  });
});

test('the front row takes as many as the rules say, those being answered included', async () => {
  const { deps } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  const answers = await Promise.allSettled([1, 2, 3].map(() => openViewer(deps, offerFor('a'))));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  await expect(openViewer(deps, offerFor('a'))).rejects.toMatchObject({ code: 'interactive-full' });
});

test('the node limit counts over all streams', async () => {
  const { deps } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  await openPublisher(deps, offerFor('b'));
  for (const stream of ['a', 'a', 'b']) await openViewer(deps, offerFor(stream));
  await expect(openViewer(deps, offerFor('b'))).rejects.toMatchObject({ code: 'interactive-full' });
});

test('a refused viewer frees its place', async () => {
  const { deps } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  for (let attempt = 0; attempt < 5; attempt++)
    await expect(openViewer(deps, offerFor('a', 'bad'))).rejects.toMatchObject({ code: 'bad-sdp' });
  expect(deps.streams.find(streamName('a'))?.interactiveViewers).toBe(0);
});

test('DELETE ends a session, again is fine, and a stranger is not found', async () => {
  const { deps, gateway } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  const viewer = await openViewer(deps, offerFor('a'));
  const key = { id: viewer.id, role: 'viewer', stream: 'a' } as const;

  await expect(endSession(deps, { ...key, role: 'publisher' })).rejects.toMatchObject({
    code: 'session-not-found',
  });
  await expect(endSession(deps, { ...key, stream: 'b' })).rejects.toMatchObject({
    code: 'session-not-found',
  });
  await endSession(deps, key);
  await settle();
  expect(gateway.peers[1]?.over).toBe(true);
  await endSession(deps, key);
  expect(() => patchSession(deps, key, { fragment: '', ifMatch: undefined })).toThrow(
    'there is no such session',
  );
  await expect(endSession(deps, { ...key, id: 'AAAAAAAAAAAAAAAAAAAAAA' })).rejects.toMatchObject({
    code: 'session-not-found',
  });
});

test('a tombstone crumbles', async () => {
  const { deps, clock } = sessionRig({ tombstoneMs: 5_000 });
  await openPublisher(deps, offerFor('a'));
  const { id } = await openViewer(deps, offerFor('a'));
  const key = { id, role: 'viewer', stream: 'a' } as const;
  await endSession(deps, key);
  await settle();
  clock.atMs += 5_001;
  await expect(endSession(deps, key)).rejects.toMatchObject({ code: 'session-not-found' });
});

test('join answers with the tier and the reason, and knows no stranger', async () => {
  const { deps } = sessionRig();
  const ask = { stream: streamName('a'), webrtc: true, wants: undefined, codecs: undefined };
  expect(() => join(deps, ask)).toThrow('there is no stream "a"');
  await openPublisher(deps, offerFor('a'));
  expect(join(deps, ask)).toEqual({ stream: 'a', live: false, tier: 'interactive', reason: 'default' });
  expect(join(deps, { ...ask, webrtc: false })).toMatchObject({ tier: 'broadcast', reason: 'no-webrtc' });
  expect(join(deps, { ...ask, codecs: ['vp8'] })).toMatchObject({
    tier: 'broadcast',
    reason: 'no-common-codec',
  });
});
