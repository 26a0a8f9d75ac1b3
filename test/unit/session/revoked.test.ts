import { expect, test } from 'vitest';
import { openGrant } from '#src/core/access.ts';
import { openPublisher } from '#src/session/publish.ts';
import { openViewer } from '#src/session/view.ts';
import { offerFor, sessionRig, settle } from '#test/kit/session-fakes.ts';

const grant = (credential: string) => ({ ...openGrant('view'), credential });

test('sessions of what was taken back end, others stay, and DELETE is still answered', async () => {
  const { deps } = sessionRig();
  const publisher = await openPublisher(deps, { ...offerFor('a'), grant: grant('key:good') });
  const [bad, good] = [
    await openViewer(deps, { ...offerFor('a'), grant: grant('key:bad') }),
    await openViewer(deps, { ...offerFor('a'), grant: grant('key:good') }),
  ];
  deps.sessions.endRevoked(({ credential }) => credential === 'key:bad');
  await settle();
  const key = (session: typeof bad) => ({ id: session.id, role: session.role, stream: session.stream });
  expect(deps.sessions.ended(key(bad))).toBe(true);
  expect(() => deps.sessions.find(key(bad))).toThrow();
  expect(deps.sessions.find(key(good))).toBe(good);
  expect(deps.sessions.find(key(publisher))).toBe(publisher);
});

test('a session that was being opened meanwhile ends as soon as it is there', async () => {
  const { deps, gateway } = sessionRig();
  deps.sessions.endRevoked(({ credential }) => credential === 'key:bad');
  await openPublisher(deps, { ...offerFor('a'), grant: grant('key:bad') });
  await settle();
  expect(gateway.peers.map(({ over }) => over)).toEqual([true]);
});
