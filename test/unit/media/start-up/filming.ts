import type { Codec } from '#src/core/media.ts';
import type { StartUpReport } from '#src/core/plane-report.ts';
import { timestampDistance } from '#src/rtp/sequence.ts';
import { type Copy, PublicationRig, ssrcOf, type TestPublisher } from '../publication-rig.ts';

/** 25 frames a second: a whole number of the rig's ticks each. */
export const frameMs = 40;
const unitsPerMs = 90;
const packetsOf = { key: 6, delta: 3 } as const;

/** A publisher that films, at the rig's pace: frames of several packets, a keyframe when it is told. */
export class Filming {
  readonly #rig: PublicationRig;
  readonly #publisher: TestPublisher;
  readonly #codec: Codec;
  readonly #rid: string;
  readonly #bytes: number;
  readonly #startedMs: number;
  readonly #origin: number;
  frames = 0;
  /** Marks of the packets sent, in order. */
  readonly sent: number[] = [];
  readonly keyframeMarks: number[] = [];

  constructor(
    rig: PublicationRig,
    publisher: TestPublisher,
    how: {
      readonly codec?: Codec;
      readonly rid?: string;
      readonly bytes?: number;
      readonly origin?: number;
    } = {},
  ) {
    this.#rig = rig;
    this.#publisher = publisher;
    this.#codec = how.codec ?? 'vp8';
    this.#rid = how.rid ?? '';
    this.#bytes = how.bytes ?? 200;
    this.#origin = how.origin ?? 0xffff_0000;
    this.#startedMs = rig.nowMs;
  }

  /** The source's timestamp of this instant. */
  get liveTimestamp(): number {
    return (this.#origin + (this.#rig.nowMs - this.#startedMs) * unitsPerMs) >>> 0;
  }

  /** One frame; packets for which `held` says so are given back instead of delivered. */
  frame(key = false, held: (index: number) => boolean = () => false): (() => void)[] {
    const count = key ? packetsOf.key : packetsOf.delta;
    const later: (() => void)[] = [];
    for (let index = 0; index < count; index += 1) {
      const mark = (this.#origin + this.sent.length + 1) >>> 0;
      if (key && index === 0) this.keyframeMarks.push(mark);
      this.sent.push(mark);
      const rest = { rid: this.#rid, bytes: this.#bytes, mark, marker: index === count - 1 };
      const deliver = this.#publisher.send(this.#codec, this.liveTimestamp, {
        ...rest,
        key: key && index === 0,
        held: held(index),
      });
      if (held(index)) later.push(deliver);
    }
    this.frames += 1;
    return later;
  }

  /** Films for so long; each frame is a keyframe when `isKey` says so. */
  film(spanMs: number, isKey: (frame: number) => boolean = () => false): void {
    this.#rig.pass(spanMs, () => this.due(isKey));
  }

  /** To be called each tick. */
  due(isKey: (frame: number) => boolean = () => false): void {
    if ((this.#rig.nowMs - this.#startedMs) % frameMs === 0) this.frame(isKey(this.frames));
  }
}

/** Video copies that a viewer got. */
export const videoOf = (rig: PublicationRig, viewer: number): Copy[] =>
  rig.copiesOf(viewer).filter(({ ssrc }) => ssrc === ssrcOf.video);

/** Steps from one sequence number to the next. */
export const sequenceSteps = (copies: readonly Copy[]): number[] =>
  copies.slice(1).map(({ sequence }, i) => ((sequence - (copies[i]?.sequence ?? 0)) << 16) >> 16);

/** The laws of a stream that a player gets without loss: no gap, no packet twice, frames apart and in order. */
export function brokenLaws(copies: readonly Copy[]): string[] {
  const broken: string[] = [];
  for (let i = 1; i < copies.length; i += 1) {
    const [before, copy] = [copies[i - 1], copies[i]];
    if (before === undefined || copy === undefined) continue;
    if (((copy.sequence - before.sequence) & 0xffff) !== 1) broken.push(`gap or repetition at ${i}`);
    const step = timestampDistance(before.timestamp, copy.timestamp);
    if (before.marker ? step <= 0 : step !== 0) broken.push(`timestamp step of ${step} at ${i}`);
  }
  return broken;
}

/** Marks of copies, in order. */
export const marksOf = (copies: readonly Copy[]): number[] => copies.map(({ mark }) => mark);
export const keyAtFirst = (frame: number): boolean => frame === 0;
/** What the publication tells of its start-up cache. */
export const startUpOf = (rig: PublicationRig): StartUpReport | undefined =>
  rig.publication.report().tracks.find(({ kind }) => kind === 'video')?.startUp;

/** A publication that has been filmed for a while since its only keyframe. */
export function filmed(
  spanMs: number,
  config: ConstructorParameters<typeof PublicationRig>[0] = {},
): { rig: PublicationRig; publisher: TestPublisher; filming: Filming } {
  const rig = new PublicationRig(config);
  const publisher = rig.publisher(['vp8', 'opus']);
  const filming = new Filming(rig, publisher);
  filming.film(spanMs, keyAtFirst);
  return { rig, publisher, filming };
}
