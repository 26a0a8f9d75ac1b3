import { expect, test } from 'vitest';
import { Places, type Resident } from '#src/hls/places.ts';
import { streamId } from '#test/kit/hls-rig.ts';

/** A life of a stream that somebody played. */
class Life implements Resident {
  readonly incarnation: string;
  readonly #closed = Promise.withResolvers<undefined>();
  readonly closed = this.#closed.promise;
  finished = false;
  wasSeen = true;
  gone = false;

  constructor(incarnation: string) {
    this.incarnation = incarnation;
  }

  ended(): this {
    this.finished = true;
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.gone = true;
    this.#closed.resolve(undefined);
    return Promise.resolve();
  }
}

const [a, b] = [streamId('a'), streamId('b')];

test('the newest life answers for the name, those before it for what is their own', () => {
  const places = new Places<Life>();
  const [first, second] = [new Life('one').ended(), new Life('two')];
  places.add(a, first);
  places.add(a, second);
  expect(places.find(a)).toBe(second);
  expect(places.answering(a, 'index.m3u8')).toBe(second);
  expect(places.answering(a, 'two/v0.m3u8')).toBe(second);
  expect(places.answering(a, 'one/v0.m3u8')).toBe(first);
  expect(places.answering(a, 'none/v0.m3u8')).toBe(second);
  expect(places.answering(b, 'one/v0.m3u8')).toBeUndefined();
  expect(first.gone).toBe(false);
});

test('who never had anything to play leaves at once, and of many lives of one name the oldest', () => {
  const places = new Places<Life>();
  const lives = ['one', 'two', 'three', 'four'].map((name) => new Life(name).ended());
  for (const life of lives) places.add(a, life);
  expect([places.size, lives.map(({ gone }) => gone)]).toEqual([3, [true, false, false, false]]);
  const [unseen, newest] = [new Life('five').ended(), new Life('six')];
  unseen.wasSeen = false;
  places.add(a, unseen);
  places.add(a, newest);
  expect([unseen.gone, places.size, places.find(a)]).toEqual([true, 3, newest]);
});

test('who closes leaves its place, and the name when it holds it', async () => {
  const places = new Places<Life>();
  const [first, second] = [new Life('one').ended(), new Life('two')];
  places.add(a, first);
  places.add(a, second);
  await first[Symbol.asyncDispose]();
  expect([places.size, places.find(a), places.answering(a, 'one/v0.m3u8')]).toEqual([1, second, second]);
  await second[Symbol.asyncDispose]();
  expect([places.size, places.find(a)]).toEqual([0, undefined]);
});

test('places are freed by those that ended, former lives first, and by nobody on the air', () => {
  const places = new Places<Life>();
  const [other, former, live] = [new Life('x').ended(), new Life('one').ended(), new Life('two')];
  places.add(b, other);
  places.add(a, former);
  places.add(a, live);
  expect([places.freeOne(), former.gone, other.gone]).toEqual([true, true, false]);
  expect([places.freeOne(), other.gone, places.find(b)]).toEqual([true, true, undefined]);
  expect([places.freeOne(), live.gone, places.size]).toEqual([false, false, 1]);
});

test('the end of all ends former lives, too', async () => {
  const places = new Places<Life>();
  const lives = [new Life('one').ended(), new Life('two')];
  for (const life of lives) places.add(a, life);
  await places[Symbol.asyncDispose]();
  expect(lives.every(({ gone }) => gone)).toBe(true);
});
