import { beforeEach, describe, expect, test } from 'vitest';
import { bellMemory, Doorbell } from '#src/media/workers/doorbell.ts';
import { PublicationMirror } from '#src/media/workers/publication-mirror.ts';
import { PublicationShare } from '#src/media/workers/publication-share.ts';
import { guardBytes, sharedRingMemory } from '#src/media/workers/ring-layout.ts';
import { PublicationRig, ssrcOf, type Copy } from '../publication-rig.ts';

const smallest = 2 * guardBytes;

/** One publication in two workers, which are one thread here. */
class TwoWorkers {
  readonly home = new PublicationRig();
  readonly away = new PublicationRig();
  readonly tally = { mirrored: 0, mirrorLapses: 0 };
  readonly share: PublicationShare;
  readonly mirror: PublicationMirror;
  readonly #memory = sharedRingMemory(smallest);

  constructor() {
    this.share = new PublicationShare(this.#memory);
    this.home.publication.share(this.share);
    this.share.setReaders([new Doorbell(bellMemory())]);
    this.mirror = new PublicationMirror(this.away.publication, this.#memory, this.tally);
  }

  /** Both workers go on for a while. */
  pass(spanMs: number, each: () => void = () => undefined): void {
    for (let passedMs = 0; passedMs < spanMs; passedMs += 10) {
      each();
      this.home.pass(10);
      this.drain();
      this.away.pass(10);
    }
  }

  drain(): void {
    while (this.mirror.drain(64));
  }
}

const videoOf = (copies: readonly Copy[]): readonly Copy[] =>
  copies.filter(({ ssrc }) => ssrc === ssrcOf.video);
/** Timestamps against the first one: each viewer has its own beginning. */
const spansOf = (copies: readonly Copy[]): number[] =>
  videoOf(copies).map(({ timestamp }) => (timestamp - (copies[0]?.timestamp ?? 0)) >>> 0);

describe('the image of a publisher', () => {
  let both: TwoWorkers;
  beforeEach(() => {
    both = new TwoWorkers();
  });

  test('gives viewers elsewhere what viewers at home get', () => {
    const [near, far] = [both.home.viewer(['vp8', 'opus']), both.away.viewer(['vp8', 'opus'])];
    const publisher = both.home.publisher(['vp8', 'opus']);
    both.pass(20);
    for (let frame = 0; frame < 30; frame++) {
      publisher.send('vp8', frame * 3_000, { key: frame === 0 });
      publisher.send('opus', frame * 960);
      both.pass(10);
    }
    const [here, there] = [both.home.copiesOf(near), both.away.copiesOf(far)];
    expect(there).toHaveLength(60);
    expect(spansOf(there)).toEqual(spansOf(here));
    expect(both.tally).toEqual({ mirrored: 60, mirrorLapses: 0 });
    expect(both.away.publication.report().tracks.map(({ codec }) => codec)).toEqual(['vp8', 'opus']);
  });

  test('hands wishes for keyframes to the publisher, and none when it is over', () => {
    const publisher = both.home.publisher(['vp8']);
    both.pass(20);
    both.away.viewer(['vp8']);
    both.pass(20, () => publisher.send('vp8', both.home.nowMs * 90));
    both.pass(600);
    expect(both.home.keyframeRequests(publisher.peer)).toBeGreaterThan(0);
    publisher.send('vp8', both.home.nowMs * 90, { key: true });
    both.pass(3_000);
    expect(both.home.keyframeRequests(publisher.peer)).toBe(0);
  });

  test('goes on with another publisher, another codec, and after one that left', () => {
    const far = both.away.viewer(['vp8', 'h264']);
    const first = both.home.publisher(['vp8']);
    both.pass(20);
    first.send('vp8', 1_000, { key: true });
    both.pass(20);
    const second = both.home.publisher(['h264']);
    both.pass(20);
    first.send('vp8', 4_000);
    second.send('h264', 900_000, { key: true });
    both.pass(20);
    expect(both.away.copiesOf(far).map(({ payloadType }) => payloadType)).toEqual([100, 101]);
    second.role.close();
    both.pass(20);
    expect(both.away.publication.report().publisher).toBeUndefined();
    const third = both.home.publisher(['vp8']);
    third.send('vp8', 7_000, { key: true });
    both.pass(20);
    expect(both.away.copiesOf(far).map(({ payloadType }) => payloadType)).toEqual([100, 101, 100]);
    expect(both.away.publication.report().publisher).toBe(third.peer);
  });

  test('knows what the sender reports told, those from before it began too', () => {
    const publisher = both.home.publisher(['vp8']);
    publisher.send('vp8', 90_000, { key: true });
    publisher.report('vp8', 90_000, both.home.nowMs - 70_000);
    both.pass(20);
    const clockOf = (rig: PublicationRig): readonly (number | undefined)[] => {
      const source = rig.publication.track('video').chosen?.source;
      return [source?.reportedNtpMs(180_000), source?.clock.offsetMs];
    };
    publisher.send('vp8', 93_000);
    both.pass(20);
    const [ntpMs, offsetMs] = clockOf(both.home);
    expect(ntpMs).toBeCloseTo(both.home.nowMs - 70_000 - 40 + 1_000, 0);
    expect(clockOf(both.away)[0]).toBeCloseTo(ntpMs ?? 0, 1);
    expect(clockOf(both.away)[1]).toBeCloseTo(offsetMs ?? 0, 1);
    publisher.report('vp8', 96_000, both.home.nowMs - 69_000);
    both.pass(20);
    expect(clockOf(both.away)[0]).toBeCloseTo(clockOf(both.home)[0] ?? 0, 1);
    expect(clockOf(both.away)[1]).toBeCloseTo(clockOf(both.home)[1] ?? 0, 1);
  });

  test('that began late is told the packets from the last keyframe on', () => {
    const home = new PublicationRig();
    const away = new PublicationRig();
    const publisher = home.publisher(['vp8']);
    for (let frame = 0; frame < 50; frame++) {
      publisher.send('vp8', frame * 3_000, { key: frame % 20 === 0 });
    }
    const memory = sharedRingMemory(smallest);
    const share = new PublicationShare(memory);
    home.publication.share(share);
    const tally = { mirrored: 0, mirrorLapses: 0 };
    const mirror = new PublicationMirror(away.publication, memory, tally);
    home.pass(10);
    while (mirror.drain(64));
    expect(tally.mirrored).toBe(10);
    const layer = away.publication.report().tracks[0]?.layers[0];
    expect([layer?.packets, layer?.keyframes]).toEqual([10, 1]);
  });

  test('that was too late for some packets asks how things stand, and for a keyframe', () => {
    const far = both.away.viewer(['vp8']);
    const first = both.home.publisher(['vp8']);
    both.pass(20);
    first.send('vp8', 1_000, { key: true });
    both.pass(600);
    const second = both.home.publisher(['vp8']);
    for (let frame = 0; frame * 1_000 < smallest; frame++) {
      second.send('vp8', 9_000 + frame * 3_000, { key: frame === 0, bytes: 1_000 });
    }
    both.pass(1_000);
    expect(both.tally.mirrorLapses).toBe(1);
    expect(both.away.publication.report().publisher).toBe(second.peer);
    second.send('vp8', 90_000_000);
    both.pass(1_000);
    expect(both.home.keyframeRequests(second.peer)).toBeGreaterThan(0);
    const before = both.away.copiesOf(far).length;
    second.send('vp8', 90_003_000, { key: true });
    both.pass(20);
    expect(both.away.copiesOf(far).length).toBeGreaterThan(before);
  });

  test('follows a layer that went on under another name, and forgets the publisher when it closes', () => {
    const far = both.away.viewer(['vp8']);
    const publisher = both.home.publisher(['vp8'], ['q', 'h']);
    both.pass(20);
    publisher.send('vp8', 1_000, { key: true, rid: 'q' });
    publisher.send('vp8', 1_000, { key: true, rid: 'h' });
    both.pass(20);
    expect(both.away.publication.report().tracks[0]?.layers.map(({ rid }) => rid)).toEqual(['q', 'h']);
    expect(both.away.copiesOf(far)).toHaveLength(1);
    both.mirror.close();
    expect(both.away.publication.report().publisher).toBeUndefined();
  });
});
