import { expect, test } from 'vitest';
import type { AccessUnit } from '#src/bridge/depacketise/unit.ts';
import { Gathering } from '#src/bridge/layers/gathering.ts';

const unit = (timestamp: number): AccessUnit => {
  return {
    kind: 'audio',
    timestamp,
    arrivedMs: 0,
    keyframe: true,
    chunks: [],
    sizeBytes: 0,
    config: undefined,
  };
};

test('holds units until it is over, in order, and no longer than a third of a second', () => {
  const overflow: AccessUnit[] = [];
  const gathering = new Gathering((one) => overflow.push(one));
  expect(gathering.active).toBe(false);
  expect(gathering.due(1_000_000)).toBe(false);
  gathering.begin(1_000, 77);
  gathering.hold(unit(1));
  gathering.hold(unit(2));
  expect([gathering.active, gathering.keyframe, gathering.due(1_299), gathering.due(1_300)]).toEqual([
    ...[true, 77, false, true],
  ]);
  expect(gathering.end().map(({ timestamp }) => timestamp)).toEqual([1, 2]);
  expect([gathering.active, gathering.keyframe, gathering.end().length]).toEqual([false, undefined, 0]);
  expect(overflow).toEqual([]);
});

test('what is too much goes on, the oldest first', () => {
  const overflow: number[] = [];
  const gathering = new Gathering(({ timestamp }) => overflow.push(timestamp));
  gathering.begin(0);
  for (let index = 0; index < 515; index += 1) gathering.hold(unit(index));
  expect(overflow).toEqual([0, 1, 2]);
  expect(gathering.end()).toHaveLength(512);
});
