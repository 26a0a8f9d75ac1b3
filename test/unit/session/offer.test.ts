import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { answerSession, endSession, patchSession } from '#src/session/leave.ts';
import { openPublisher } from '#src/session/publish.ts';
import { type OfferedSession, offerViewer, openViewer } from '#src/session/view.ts';
import { offerFor, sessionRig, settle, streamName } from '#test/kit/session-fakes.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const keyOf = ({ id }: OfferedSession): { id: string; role: 'viewer'; stream: string } => ({
  id,
  role: 'viewer',
  stream: 'a',
});

test('a viewer that asks for an offer has a seat, and a while to answer', async () => {
  const { deps, gateway, clock } = sessionRig({ offerValidMs: 30_000 });
  await expect(offerViewer(deps, offerFor('a'))).rejects.toMatchObject({ code: 'no-publisher' });
  await openPublisher(deps, offerFor('a'));
  const session = await offerViewer(deps, { ...offerFor('a'), wish: { maxHeight: 360 } });
  expect(session.offer.validUntilMs).toBe(clock.atMs + 30_000);
  expect(deps.streams.find(streamName('a'))?.interactiveViewers).toBe(1);
  expect(gateway.peers[1]?.wishes).toEqual([{ maxHeight: 360 }]);

  vi.advanceTimersByTime(29_999);
  expect(() => answerSession(deps, keyOf(session), 'bad')).toThrow('the answer makes no sense');
  expect(answerSession(deps, keyOf(session), 'good')).toBe('"1"');
  expect(gateway.peers[1]?.answers).toEqual(['good']);
  vi.advanceTimersByTime(60_000);
  await settle();
  expect(gateway.peers[1]?.over).toBe(false);
});

test('an offer that nobody answers is dropped: the seat is free, the answer comes too late, DELETE is still fine', async () => {
  const { deps, gateway } = sessionRig({ offerValidMs: 30_000 });
  await openPublisher(deps, offerFor('a'));
  const session = await offerViewer(deps, offerFor('a'));
  vi.advanceTimersByTime(30_001);
  await settle();
  expect(gateway.peers[1]?.over).toBe(true);
  expect(deps.streams.find(streamName('a'))?.interactiveViewers).toBe(0);
  expect(() => answerSession(deps, keyOf(session), 'good')).toThrow(
    expect.objectContaining({ kind: 'missing', code: 'session-not-found' }) as Error,
  );
  await endSession(deps, keyOf(session));
});

test('offers count for the front row, and a session that began with the client’s offer takes no answer', async () => {
  const { deps } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  const viewer = await openViewer(deps, offerFor('a'));
  await offerViewer(deps, offerFor('a'));
  await expect(offerViewer(deps, offerFor('a'))).rejects.toMatchObject({ code: 'interactive-full' });
  expect(() => answerSession(deps, { id: viewer.id, role: 'viewer', stream: 'a' }, 'good')).toThrow(
    expect.objectContaining({ kind: 'unprocessable', code: 'no-offer-from-server' }) as Error,
  );
});

test('If-Match is judged as the settings say', async () => {
  const { deps, gateway } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  const { id } = await openViewer(deps, offerFor('a'));
  patchSession(deps, { id, role: 'viewer', stream: 'a' }, { fragment: 'a=x', ifMatch: undefined });
  expect(gateway.peers[1]?.rules).toEqual(['lenient']);

  const strict = sessionRig({ strictEtags: true });
  await openPublisher(strict.deps, offerFor('a'));
  const other = await openViewer(strict.deps, offerFor('a'));
  patchSession(strict.deps, { id: other.id, role: 'viewer', stream: 'a' }, { fragment: '', ifMatch: '*' });
  expect(strict.gateway.peers[1]?.rules).toEqual(['strict']);
});

test('a node that is going down takes nobody in, and leaves those who are there alone', async () => {
  const { deps, gateway } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  await openViewer(deps, offerFor('a'));
  deps.streams.refuseNew();
  const down = { kind: 'unavailable', code: 'shutting-down', retryAfterMs: 3_000 };
  await expect(openPublisher(deps, offerFor('a'))).rejects.toMatchObject(down);
  await expect(openPublisher(deps, offerFor('b'))).rejects.toMatchObject(down);
  await expect(openViewer(deps, offerFor('a'))).rejects.toMatchObject(down);
  await expect(offerViewer(deps, offerFor('a'))).rejects.toMatchObject(down);
  expect(gateway.peers.some(({ over }) => over)).toBe(false);
});

test('a stream that ends while an offer is drafted leaves no transport behind', async () => {
  const { deps, gateway } = sessionRig();
  await openPublisher(deps, offerFor('a'));
  const late = offerViewer(deps, offerFor('a'));
  await deps.streams.find(streamName('a'))?.end();
  await expect(late).rejects.toMatchObject({ code: 'no-publisher' });
  expect(gateway.peers.every(({ over }) => over)).toBe(true);
});
