import { describe, expect, test } from 'vitest';
import type { RungReport } from '#src/core/plane-report.ts';
import { PublicationRig, type TestPublisher } from './publication-rig.ts';

/** Bytes of each frame by layer: the sizes of three simulcast layers. */
const sizes = { q: 60, h: 240, f: 960 } as const;
const rids = ['q', 'h', 'f'] as const;

class Stage {
  readonly rig = new PublicationRig();
  readonly publisher: TestPublisher;
  #frame = 0;

  constructor(names: readonly string[] = rids) {
    this.publisher = this.rig.publisher(['vp8', 'opus'], names);
  }

  /** Publishes for so long, with a keyframe of every layer each second. */
  play(spanMs: number): void {
    let dueMs = this.rig.nowMs;
    this.rig.pass(spanMs, () => {
      if (this.rig.nowMs < dueMs) return;
      dueMs += 40;
      const key = this.#frame % 25 === 0;
      // The payload tells which layer it is.
      rids.forEach((rid, mark) => {
        this.publisher.send('vp8', this.#frame * 3_600, { rid, bytes: sizes[rid], key, mark });
      });
      this.publisher.send('opus', this.#frame * 1_920);
      this.#frame += 1;
    });
  }

  /** The layers of which a viewer got something in the next milliseconds. */
  gets(viewer: number, spanMs = 400): (string | undefined)[] {
    const copies = this.rig.copiesOf(viewer);
    const from = copies.length;
    this.play(spanMs);
    const marks = copies.slice(from).filter(({ ssrc }) => ssrc === 0x5000);
    return [...new Set(marks.map(({ mark }) => rids[mark]))];
  }

  audioPackets(viewer: number): number {
    return this.rig.copiesOf(viewer).filter(({ ssrc }) => ssrc === 0x6000).length;
  }

  rungs(): readonly RungReport[] {
    return this.rig.publication.report().tracks.find(({ kind }) => kind === 'video')?.rungs ?? [];
  }
}

describe('what a viewer wishes', () => {
  test('takes a rid with its next keyframe, and all again', () => {
    const stage = new Stage();
    stage.play(3_000);
    const viewer = stage.rig.viewer(['vp8', 'opus']);
    stage.play(3_000);
    expect(stage.gets(viewer)).toEqual(['f']);
    stage.rig.wish(viewer, { rid: 'q' });
    stage.play(1_100);
    expect(stage.gets(viewer, 2_000)).toEqual(['q']);
    stage.rig.wish(viewer, { rid: 'h' });
    stage.play(1_100);
    expect(stage.gets(viewer)).toEqual(['h']);
    stage.rig.wish(viewer, {});
    stage.play(1_100);
    expect(stage.gets(viewer, 2_000)).toEqual(['f']);
  });

  test('off stops the picture and nothing else; on again comes with a keyframe at once', () => {
    const stage = new Stage();
    stage.play(3_000);
    const viewer = stage.rig.viewer(['vp8', 'opus']);
    stage.play(3_000);
    stage.rig.wish(viewer, { off: true });
    stage.play(20);
    const audio = stage.audioPackets(viewer);
    expect(stage.gets(viewer, 3_000)).toEqual([]);
    expect(stage.audioPackets(viewer)).toBeGreaterThan(audio + 60);
    expect(stage.rig.publication.report().tracks[0]?.layers).toBeDefined();
    stage.rig.wish(viewer, {});
    // Far less than the second until the publisher's next keyframe: what is kept since the last one is replayed.
    expect(stage.gets(viewer, 100)).toEqual(['f']);
  });

  test('off holds before any rate is known, through another publisher, and on works there too', () => {
    const stage = new Stage();
    const viewer = stage.rig.viewer(['vp8', 'opus']);
    stage.rig.wish(viewer, { off: true });
    expect(stage.gets(viewer, 500)).toEqual([]);
    const next = stage.rig.publisher(['vp8', 'opus'], rids);
    next.send('vp8', 0, { rid: 'q', key: true });
    stage.rig.pass(30);
    expect(stage.rig.copiesOf(viewer).filter(({ ssrc }) => ssrc === 0x5000)).toEqual([]);
    stage.rig.wish(viewer, {});
    stage.rig.pass(30);
    next.send('vp8', 3_000, { rid: 'q', key: true });
    stage.rig.pass(30);
    expect(stage.rig.copiesOf(viewer).filter(({ ssrc }) => ssrc === 0x5000)).not.toEqual([]);
  });

  test('what nothing fits gives the smallest, and what others get stays theirs', () => {
    const stage = new Stage();
    stage.play(3_000);
    const [odd, other] = [stage.rig.viewer(['vp8', 'opus']), stage.rig.viewer(['vp8', 'opus'])];
    stage.rig.wish(odd, { maxHeight: 1 });
    stage.play(3_000);
    expect(stage.gets(odd)).toEqual(['q']);
    expect(stage.gets(other)).toEqual(['f']);
    stage.rig.wish(odd, { rid: 'none' });
    expect(stage.gets(odd)).toEqual(['q']);
  });

  test('holds for the next publisher of the stream', () => {
    const stage = new Stage();
    stage.play(2_000);
    const viewer = stage.rig.viewer(['vp8', 'opus']);
    stage.rig.wish(viewer, { rid: 'h' });
    stage.play(2_000);
    expect(stage.gets(viewer)).toEqual(['h']);
    const next = stage.rig.publisher(['vp8', 'opus'], rids);
    let frame = 0;
    stage.rig.pass(4_000, () => {
      if (stage.rig.nowMs % 40 !== 0) return;
      rids.forEach((rid, mark) => {
        next.send('vp8', frame * 3_600, { rid, bytes: sizes[rid], key: frame % 25 === 0, mark });
      });
      frame += 1;
    });
    const last = stage.rig.copiesOf(viewer).at(-1);
    expect(rids[last?.mark ?? -1]).toBe('h');
  });
});

test('a layer that has nothing inside is told by its rid alone, the only one of a stream by nothing', () => {
  const stage = new Stage();
  stage.rig.viewer(['vp8', 'opus']);
  stage.play(3_000);
  expect(stage.rungs().map(({ label }) => label)).toEqual(['q', 'h', 'f']);
  const rig = new PublicationRig();
  const publisher = rig.publisher(['h264']);
  for (let frame = 0; frame < 60; frame += 1) {
    rig.pass(33);
    publisher.send('h264', frame * 3_000, { key: frame === 0 });
  }
  rig.publication.everySecond(rig.nowMs);
  expect(rig.publication.report().tracks[0]?.rungs?.map(({ label }) => label)).toEqual(['']);
});
