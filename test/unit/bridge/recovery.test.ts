import { expect, test } from 'vitest';
import { Recovery, type RecoverableEpoch } from '#src/bridge/recovery.ts';
import { led, picture } from './kept-units.ts';

/** An epoch of the past, present or future. */
class Told implements RecoverableEpoch {
  plan: RecoverableEpoch['plan'] = { video: 'passthrough', rungs: [], layers: [] };
  way: RecoverableEpoch['way'] = { passthrough: true, reorderDepth: 0, stamping: 'decode' };
  startedWallMs = 1_000_000;
  shownMs: number | undefined;
  readonly #drained = Promise.withResolvers<undefined>();

  drained(): Promise<void> {
    return this.#drained.promise;
  }

  /** All it wrote has been read. */
  async drain(): Promise<void> {
    this.#drained.resolve(undefined);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

const frameMs = 1_000 / 30;
const key = { keyframe: true };

/** A recovery in which an epoch has begun with picture 0, the wall clock of which is its start. */
function begun({ limitBytes = 1_000, wallErrorMs = 0, epoch = new Told() } = {}) {
  const zero = { number: 0, wallMs: epoch.startedWallMs };
  const recovery = new Recovery<RecoverableEpoch>(limitBytes, {
    timeOf: ({ timestamp }) => (timestamp / 3_000 - zero.number) * frameMs,
    wallOf: ({ arrivedMs }) => zero.wallMs + arrivedMs + wallErrorMs,
  });
  recovery.begins(epoch);
  recovery.keep(led(0, key));
  const send = (from: number, to: number): void => {
    for (let number = from; number <= to; number += 1) recovery.keep(led(number));
  };
  return { recovery, epoch, zero, send };
}

test('the next epoch goes on with the first picture that did not come out, from its keyframe', async () => {
  const { recovery, epoch, send } = begun();
  send(1, 100);
  epoch.shownMs = 90 * frameMs;
  recovery.lost(epoch);
  expect(recovery.isReady).toBe(true);
  expect(recovery.restart(4_000)).toBeUndefined();
  await epoch.drain();
  send(101, 105);
  const restart = recovery.restart(4_000);
  expect(restart).toMatchObject({ lost: epoch, first: { timestamp: 91 * 3_000 } });
  expect(restart?.units.length).toBe(106);
  expect(restart?.fromMs).toBeCloseTo(-91 * frameMs);
  expect(restart?.startedWallMs).toBeCloseTo(1_000_000 + 91 * frameMs);
});

test('with nothing new it waits for the next picture', async () => {
  const { recovery, epoch, send } = begun();
  send(1, 10);
  epoch.shownMs = 10 * frameMs;
  recovery.lost(epoch);
  await epoch.drain();
  expect([recovery.restart(400), recovery.isReady]).toEqual([undefined, true]);
  recovery.keep(led(11, key));
  expect(recovery.restart(400)).toMatchObject({ first: { timestamp: 33_000 }, fromMs: 0 });
});

test('a keyframe that came while nothing came out does not take the ones before it away', async () => {
  const { recovery, epoch, send } = begun();
  send(1, 20);
  epoch.shownMs = 15 * frameMs;
  recovery.keep(led(21, key));
  send(22, 30);
  recovery.lost(epoch);
  await epoch.drain();
  expect(recovery.restart(1_000)?.units.length).toBe(31);
});

test('what has come out leaves with the next keyframe', async () => {
  const { recovery, epoch, send } = begun({ limitBytes: 25 });
  send(1, 20);
  recovery.keep(led(21, key));
  epoch.shownMs = 22 * frameMs;
  send(22, 30);
  recovery.lost(epoch);
  await epoch.drain();
  expect(recovery.restart(1_000)?.units[0]?.unit.timestamp).toBe(63_000);
});

test.each([
  [90, 91 * frameMs],
  [-90, 91 * frameMs],
  [300, 91 * frameMs + 300],
  [-300, 91 * frameMs - 300],
])('a wall clock that is %i ms off: the count goes on, or is put right', async (wallErrorMs, startMs) => {
  const { recovery, epoch, send } = begun({ wallErrorMs });
  send(1, 100);
  epoch.shownMs = 90 * frameMs;
  recovery.lost(epoch);
  await epoch.drain();
  expect(recovery.restart(4_000)?.startedWallMs).toBeCloseTo(1_000_000 + startMs);
});

test('what was missed for more than ten seconds is not shown any more, but decoded', async () => {
  const { recovery, epoch, send } = begun();
  send(1, 450);
  epoch.shownMs = 30 * frameMs;
  recovery.lost(epoch);
  await epoch.drain();
  const restart = recovery.restart(15_000);
  expect(restart?.first.timestamp).toBe(150 * 3_000);
  expect(restart?.units.length).toBe(451);
});

test('an epoch that took over and is lost in turn is followed from where it began, a few times', async () => {
  const { recovery, epoch, zero, send } = begun();
  send(1, 100);
  epoch.shownMs = 90 * frameMs;
  recovery.lost(epoch);
  await epoch.drain();
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const restart = recovery.restart(4_000);
    expect([restart?.first.timestamp, restart?.units.length]).toEqual([91 * 3_000, 101]);
    const next = new Told();
    zero.number = 91;
    recovery.goesOn(next);
    expect(recovery.isReady).toBe(false);
    recovery.lost(next);
    await next.drain();
  }
  expect([recovery.restart(4_000), recovery.isReady]).toEqual([undefined, false]);
});

test('one that showed something may be followed as often again', async () => {
  const { recovery, epoch, send } = begun();
  send(1, 100);
  let lost = epoch;
  for (let attempt = 0; attempt < 9; attempt += 1) {
    lost.shownMs = (10 + attempt) * frameMs;
    recovery.lost(lost);
    await lost.drain();
    expect(recovery.restart(4_000)?.first.timestamp).toBe((11 + attempt) * 3_000);
    lost = new Told();
    recovery.goesOn(lost);
  }
});

test('over its limit it waits for the next keyframe and begins there', async () => {
  const { recovery, epoch, send } = begun({ limitBytes: 50 });
  epoch.shownMs = 0;
  send(1, 60);
  recovery.lost(epoch);
  await epoch.drain();
  expect([recovery.isReady, recovery.restart(2_000)]).toEqual([false, undefined]);
  recovery.keep(led(61, key));
  expect(recovery.isReady).toBe(true);
  expect(recovery.restart(2_100)).toMatchObject({ first: { timestamp: 61 * 3_000 }, fromMs: 0 });
});

const rung = { rendition: 'v1', width: 320, height: 180, bitrateBps: 1 };
const layer = { layer: 1, rid: 'l', rendition: 'v1', config: picture(0, key).config!, bitrateBps: 1 };
test.each([
  ['video is encoded', { plan: { video: 'transcode', rungs: [], layers: [] } }],
  ['rungs are encoded', { plan: { video: 'passthrough', rungs: [rung], layers: [] } }],
  [
    'a layer is reordered',
    { plan: { video: 'passthrough', rungs: [], layers: [{ ...layer, reorderDepth: 2 }] } },
  ],
  ['pictures are reordered', { way: { passthrough: true, reorderDepth: 1, stamping: 'decode' } }],
] as const)('nothing is kept where %s', (_, what) => {
  const epoch = Object.assign(new Told(), what) as Told;
  const { recovery } = begun({ epoch });
  expect(recovery.keep(led(1))).toBe(false);
  recovery.lost(epoch);
  expect(recovery.isReady).toBe(false);
});

test('nothing of another publisher is given', async () => {
  const { recovery, epoch, send } = begun();
  send(1, 10);
  recovery.lost(epoch);
  recovery.clear();
  await epoch.drain();
  expect([recovery.isReady, recovery.restart(400)]).toEqual([false, undefined]);
});
