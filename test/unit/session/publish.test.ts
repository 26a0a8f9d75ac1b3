import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openGrant } from '#src/core/access.ts';
import { openPublisher } from '#src/session/publish.ts';
import { openViewer } from '#src/session/view.ts';
import { offerFor, sessionRig, settle, streamName } from '#test/kit/session-fakes.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('a refused offer leaves nothing behind', async () => {
  const { deps, plane } = sessionRig();
  await expect(openPublisher(deps, offerFor('a', 'bad'))).rejects.toMatchObject({ code: 'bad-sdp' });
  await settle();
  expect(deps.streams.find(streamName('a'))).toBeUndefined();
  expect(plane.commands.map(({ type }) => type)).toEqual(['open-publication', 'close-publication']);
});

test('a refused offer does not disturb a first publisher that is still being answered', async () => {
  const { deps, gateway } = sessionRig();
  const first = openPublisher(deps, offerFor('a'));
  await expect(openPublisher(deps, offerFor('a', 'bad'))).rejects.toMatchObject({ code: 'bad-sdp' });
  await first;
  expect(gateway.peers[0]?.over).toBe(false);
  expect(deps.streams.find(streamName('a'))?.publisher).toBeDefined();
});

test('a second publisher takes over when it is connected, not before; viewers stay', async () => {
  const { deps, gateway } = sessionRig();
  const old = await openPublisher(deps, offerFor('a'));
  await gateway.peers[0]?.connect();
  const viewer = await openViewer(deps, offerFor('a'));

  const fresh = await openPublisher(deps, offerFor('a'));
  await settle();
  expect(deps.streams.find(streamName('a'))?.publisher).toBe(old);

  await gateway.peers[2]?.connect();
  expect(deps.streams.find(streamName('a'))?.publisher).toBe(fresh);
  expect(gateway.peers.map(({ over }) => over)).toEqual([true, false, false]);
  expect(deps.sessions.find({ id: viewer.id, role: 'viewer', stream: 'a' })).toBe(viewer);
});

test('the ladder of whoever publishes holds, from the takeover on', async () => {
  const { deps, gateway, broadcasts } = sessionRig();
  const grant = { ...openGrant('publish'), ladder: 'ladder-3' } as const;
  await openPublisher(deps, { ...offerFor('a'), grant });
  await gateway.peers[0]?.connect();
  await openPublisher(deps, { ...offerFor('a'), grant: { ...grant, ladder: 'ladder-2' } });
  expect(broadcasts[0]?.told).toEqual(['publish 1 ladder-3']);
  await gateway.peers[1]?.connect();
  await openPublisher(deps, offerFor('a'));
  await gateway.peers[2]?.connect();
  expect(broadcasts[0]?.told).toEqual(['publish 1 ladder-3', 'publish 1 ladder-2', 'publish 1']);
});

test('a newcomer that never connects disturbs nobody', async () => {
  const { deps, gateway, broadcasts } = sessionRig();
  const old = await openPublisher(deps, offerFor('a'));
  await gateway.peers[0]?.connect();
  await openPublisher(deps, offerFor('a'));
  await gateway.peers[1]?.fall();
  expect(deps.streams.find(streamName('a'))?.publisher).toBe(old);
  expect(broadcasts[0]?.told).toEqual(['publish 1']);
});

test('a publisher that falls silent is waited for, and found again with its viewers', async () => {
  const { deps, gateway, broadcasts } = sessionRig({ publisherGraceMs: 30_000 });
  await openPublisher(deps, offerFor('a'));
  await gateway.peers[0]?.connect();
  await openViewer(deps, offerFor('a'));
  await gateway.peers[0]?.fall();
  vi.advanceTimersByTime(29_000);
  await openPublisher(deps, offerFor('a'));
  await gateway.peers[2]?.connect();
  vi.advanceTimersByTime(60_000);
  await settle();
  expect(gateway.peers[1]?.over).toBe(false);
  expect(broadcasts[0]?.told).toEqual(['publish 1', 'pause', 'publish 1']);
});

test('after the grace the stream ends: viewers are closed and the playlist is finished', async () => {
  const { deps, gateway, broadcasts, plane } = sessionRig({ publisherGraceMs: 30_000 });
  await openPublisher(deps, offerFor('a'));
  await gateway.peers[0]?.connect();
  await openViewer(deps, offerFor('a'));
  await gateway.peers[0]?.fall();
  vi.advanceTimersByTime(30_001);
  await settle();
  expect(gateway.peers[1]?.over).toBe(true);
  expect(broadcasts[0]?.told).toEqual(['publish 1', 'pause', 'finish', 'dispose']);
  expect(plane.commands.at(-1)?.type).toBe('close-publication');
  expect(deps.streams.find(streamName('a'))).toBeUndefined();
});

test('a first publisher that never connects leaves no stream behind', async () => {
  const { deps, gateway } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  await gateway.peers[0]?.fall();
  vi.advanceTimersByTime(1);
  await settle();
  expect(deps.streams.find(streamName('a'))).toBeUndefined();
});

test('when the first of two publishers fails, the second goes on connecting', async () => {
  const { deps, gateway, broadcasts } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  const second = await openPublisher(deps, offerFor('a'));
  await gateway.peers[0]?.fall();
  vi.advanceTimersByTime(60_000);
  await settle();
  await gateway.peers[1]?.connect();
  expect(gateway.peers[1]?.over).toBe(false);
  expect(deps.streams.find(streamName('a'))?.publisher).toBe(second);
  expect(broadcasts.map(({ told }) => told)).toEqual([['publish 1', 'pause', 'publish 1']]);
});

test('publishers that only knock are bounded, and the one on air never pays for them', async () => {
  const { deps, gateway } = sessionRig();
  const onAir = await openPublisher(deps, offerFor('a'));
  await gateway.peers[0]?.connect();
  for (let knock = 0; knock < 20; knock++) {
    await openPublisher(deps, offerFor('a'));
    await settle();
  }
  expect(gateway.peers.map(({ over }) => over).lastIndexOf(true)).toBe(16);
  expect(gateway.peers.filter(({ over }) => !over)).toHaveLength(5);
  expect(deps.streams.find(streamName('a'))?.publisher).toBe(onAir);
  await gateway.peers.at(-1)?.connect();
  expect(gateway.peers[0]?.over).toBe(true);
});

test('an offer that is being answered when the grace ends finds its stream and the viewers', async () => {
  const { deps, gateway } = sessionRig({ publisherGraceMs: 30_000 });
  await openPublisher(deps, offerFor('a'));
  await gateway.peers[0]?.connect();
  const stream = deps.streams.find(streamName('a'));
  await openViewer(deps, offerFor('a'));
  await gateway.peers[0]?.fall();
  const returning = openPublisher(deps, offerFor('a'));
  vi.advanceTimersByTime(30_001);
  const fresh = await returning;
  await gateway.peers[2]?.connect();
  vi.advanceTimersByTime(60_000);
  await settle();
  expect(deps.streams.find(streamName('a'))).toBe(stream);
  expect(stream?.publisher).toBe(fresh);
  expect(gateway.peers[1]?.over).toBe(false);
});

test('an offer that is being answered when the node goes down leaves no transport behind', async () => {
  const { deps, gateway } = sessionRig();
  const late = openPublisher(deps, offerFor('a'));
  const down = deps.streams[Symbol.asyncDispose]();
  await expect(late).rejects.toMatchObject({ code: 'shutting-down' });
  await down;
  expect(gateway.peers[0]?.over).toBe(true);
});

test('streams are bounded, and the failure names the setting', async () => {
  const { deps } = sessionRig({ maxStreams: 1 });
  await openPublisher(deps, offerFor('a'));
  await expect(openPublisher(deps, offerFor('b'))).rejects.toMatchObject({
    code: 'too-many-streams',
    message: expect.stringContaining('session.maxStreams') as string,
  });
});
