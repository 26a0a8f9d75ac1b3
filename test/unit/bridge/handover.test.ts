import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CmafEpoch } from '#src/core/cmaf.ts';
import { Handover, type Leg } from '#src/bridge/handover.ts';

/** A process that opens its outputs and is read to its end when told to. */
function leg(epoch: number) {
  const open = Promise.withResolvers<CmafEpoch | undefined>();
  const end = Promise.withResolvers<undefined>();
  const drain = Promise.withResolvers<undefined>();
  let discarded = false;
  const made: Leg = {
    ended: end.promise,
    drained: () => drain.promise.then(() => undefined),
    announcement: () => open.promise,
    discard: () => {
      discarded = true;
      return Promise.resolve();
    },
  };
  return {
    made,
    open: (): void => open.resolve({ epoch, startedWallMs: 0, baseMediaTimeMs: 0, tracks: [] }),
    never: (): void => open.resolve(undefined),
    end: (): void => {
      end.resolve(undefined);
      drain.resolve(undefined);
    },
    get discarded() {
      return discarded;
    },
  };
}

function heard(): { readonly handover: Handover; readonly epochs: number[] } {
  const epochs: number[] = [];
  return { handover: new Handover(({ epoch }) => epochs.push(epoch)), epochs };
}

test('an epoch waits until the one before it was read to its end', async () => {
  const { handover, epochs } = heard();
  const [first, second] = [leg(1), leg(2)];
  handover.follow(first.made);
  first.open();
  await turn();
  handover.follow(second.made);
  second.open();
  await turn();
  expect(epochs).toEqual([1]);
  first.end();
  await turn();
  expect(epochs).toEqual([1, 2]);
});

test('one that never opened its outputs is passed over', async () => {
  const { handover, epochs } = heard();
  const [first, second] = [leg(1), leg(2)];
  handover.follow(first.made);
  handover.follow(second.made);
  first.never();
  first.end();
  second.open();
  await turn();
  expect(epochs).toEqual([2]);
  expect(first.discarded).toBe(true);
});

test('numbers go up, and nothing is handed on after the end', async () => {
  const { handover, epochs } = heard();
  expect([handover.next(), handover.next(), handover.count]).toEqual([1, 2, 2]);
  const late = leg(1);
  handover.follow(late.made);
  const ending = handover[Symbol.asyncDispose]();
  late.open();
  late.end();
  await ending;
  expect(epochs).toEqual([]);
  expect(late.discarded).toBe(true);
});
