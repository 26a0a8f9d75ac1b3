import { expect, test } from 'vitest';
import { Failure } from '#src/core/failure.ts';
import type { StreamId } from '#src/core/ids.ts';
import { PendingSessions } from '#src/http/limits-pending.ts';
import { FakePeer, h264, settle, streamName } from '#test/kit/session-fakes.ts';

interface Request {
  readonly stream: StreamId;
  readonly address: string;
}
const asking = (address: string, stream = 'a'): Request => ({ stream: streamName(stream), address });

/** Places, a clock that the test winds, and a use case that opens fake sessions until `full` names it. */
function rig(places: number) {
  const clock = { atMs: 0, nowMs: () => clock.atMs, wallMs: () => clock.atMs };
  const opened: (Request & { readonly peer: FakePeer })[] = [];
  const front = { limit: Infinity };
  const pending = new PendingSessions(() => places, clock);
  const guarded = pending.guard((_deps: undefined, request: Request) => {
    const seated = opened.filter(({ stream, peer }) => stream === request.stream && !peer.over);
    if (seated.length >= front.limit)
      return Promise.reject(new Failure('unavailable', 'interactive-full', 'no free seat'));
    const session = { ...request, peer: new FakePeer([h264]) };
    opened.push(session);
    return Promise.resolve(session);
  });
  const open = (request: Request): Promise<{ peer: FakePeer }> => guarded(undefined, request);
  return { clock, opened, front, pending, open };
}

test('a place is held until the session is connected, falls or ends', async () => {
  const { pending, open } = rig(10);
  const [one, two, three] = await Promise.all(['1', '2', '3'].map((host) => open(asking(`192.0.2.${host}`))));
  expect(pending.count).toBe(3);
  await one?.peer.connect();
  expect(pending.count).toBe(2);
  await two?.peer.fall();
  expect(pending.count).toBe(1);
  await three?.peer[Symbol.asyncDispose]();
  await settle();
  expect(pending.count).toBe(0);
});

test('when all places are fresh, the newcomer is asked to come again', async () => {
  const { clock, opened, open } = rig(2);
  await open(asking('192.0.2.1'));
  await open(asking('192.0.2.2'));
  clock.atMs += 1_999;
  await expect(open(asking('192.0.2.3'))).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'too-many-pending',
    retryAfterMs: 1_000,
  });
  expect(opened.map(({ peer }) => peer.over)).toEqual([false, false]);
});

test('who does not connect gives way: the oldest of the address that has the most', async () => {
  const { clock, opened, open, pending } = rig(4);
  for (const host of ['7', '1', '8', '1']) await open(asking(`192.0.2.${host}`));
  clock.atMs += 2_000;
  await open(asking('192.0.2.9'));
  expect(opened.map(({ peer }) => peer.over)).toEqual([false, true, false, false, false]);
  expect(pending.count).toBe(4);
});

test('one address gets half of the places, others the rest; later its own oldest gives way to its newest', async () => {
  const { clock, opened, open } = rig(6);
  for (let flood = 0; flood < 3; flood++) await open(asking('2001:db8::1'));
  await expect(open(asking('2001:db8::2'))).rejects.toMatchObject({ code: 'too-many-pending' });
  for (const host of ['1', '2', '3']) await open(asking(`192.0.2.${host}`));
  clock.atMs += 2_000;
  await open(asking('2001:db8::3'));
  expect(opened.map(({ peer }) => peer.over)).toEqual([true, ...Array<boolean>(6).fill(false)]);
});

test('connected sessions are never in the way and never pushed out', async () => {
  const { clock, opened, open } = rig(2);
  for (let viewer = 0; viewer < 5; viewer++) await (await open(asking('192.0.2.1'))).peer.connect();
  clock.atMs += 60_000;
  await open(asking('192.0.2.1'));
  expect(opened.some(({ peer }) => peer.over)).toBe(false);
});

test('a front row full of sessions that never connect has room for one that asks', async () => {
  const { clock, opened, front, open } = rig(100);
  front.limit = 3;
  await (await open(asking('192.0.2.9'))).peer.connect();
  await open(asking('192.0.2.1'));
  await open(asking('192.0.2.1'));
  await expect(open(asking('192.0.2.5'))).rejects.toMatchObject({ code: 'interactive-full' });
  clock.atMs += 2_000;
  await open(asking('192.0.2.5'));
  expect(opened.map(({ peer }) => peer.over)).toEqual([false, true, false, false]);
});

test('a front row full of viewers stays full, and the places of a refused one are free again', async () => {
  const { clock, front, open, pending } = rig(100);
  front.limit = 1;
  await (await open(asking('192.0.2.1'))).peer.connect();
  clock.atMs += 60_000;
  await expect(open(asking('192.0.2.5'))).rejects.toMatchObject({ code: 'interactive-full' });
  expect(pending.count).toBe(0);
});
