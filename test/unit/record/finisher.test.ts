import { expect, test } from 'vitest';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import type { CatalogEntry } from '#src/record/catalog.ts';
import { Finisher } from '#src/record/finisher.ts';
import { until } from '#test/kit/wait.ts';

const stream = parseStreamId('live') as StreamId;
const patience = { timeoutMs: 5_000, everyMs: 5 };

function entryOf(id: string, files: readonly string[] = []): CatalogEntry {
  return {
    ...{ stream, id, startedWallMs: 0, endedWallMs: 0, durationMs: 0, discontinuities: 0, renditions: [] },
    ...{ bytes: 0, files: new Set(files), downloadBytes: 0 },
  };
}

/** A finisher whose pictures are made when the test says so. */
class Rig {
  readonly entries = new Map<string, CatalogEntry>();
  readonly drawing: { readonly id: string; done: () => void }[] = [];
  readonly added: CatalogEntry[] = [];
  readonly finisher = new Finisher({
    catalog: { find: (_, id) => this.entries.get(id) },
    extras: {
      illustrate: ({ id }) => new Promise<void>((done) => void this.drawing.push({ id, done })),
    },
    uploader: { add: (entry) => void this.added.push(entry) },
  });

  add(...ids: readonly string[]): void {
    for (const id of ids) {
      const entry = entryOf(id);
      this.entries.set(id, entry);
      this.finisher.add(entry);
    }
  }

  /** The pictures of this one are there. */
  draw(id: string): void {
    this.entries.set(id, entryOf(id, ['poster.jpg']));
    this.drawing.find((one) => one.id === id)?.done();
  }
}

test('pictures are made one recording after the other, and each goes up with them', async () => {
  const rig = new Rig();
  rig.add('a', 'b', 'a');
  expect(rig.drawing.map(({ id }) => id)).toEqual(['a']);
  expect(rig.added).toEqual([]);
  rig.draw('a');
  await until('the next is drawn', () => rig.drawing.length === 2, patience);
  expect(rig.added).toEqual([entryOf('a', ['poster.jpg'])]);
  rig.draw('b');
  await until('both go up', () => rig.added.length === 2, patience);
  rig.add('c');
  await until('it goes on', () => rig.drawing.length === 3, patience);
  rig.finisher[Symbol.dispose]();
});

test('a recording that was removed meanwhile is passed over', async () => {
  const rig = new Rig();
  rig.add('a', 'b', 'c');
  rig.entries.delete('b');
  rig.entries.delete('a');
  rig.drawing[0]?.done();
  await until('the last is drawn', () => rig.drawing.length === 2, patience);
  expect([rig.drawing[1]?.id, rig.added]).toEqual(['c', []]);
  rig.finisher[Symbol.dispose]();
});

test('at the end, and when the folder is somebody else’s, nothing more is begun and nothing goes up', async () => {
  const [ended, cleared] = [new Rig(), new Rig()];
  for (const rig of [ended, cleared]) rig.add('a', 'b');
  ended.finisher[Symbol.dispose]();
  cleared.finisher.clear();
  for (const rig of [ended, cleared]) rig.draw('a');
  ended.add('c');
  cleared.add('d');
  await until('the other goes on', () => cleared.drawing.length === 2, patience);
  expect(cleared.drawing.map(({ id }) => id)).toEqual(['a', 'd']);
  expect(ended.drawing).toHaveLength(1);
  expect([...ended.added, ...cleared.added]).toEqual([]);
  cleared.finisher[Symbol.dispose]();
});
