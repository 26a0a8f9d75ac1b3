import type { PayloadType } from '#src/core/media.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import { IncomingLayer } from '#src/media/incoming-layer.ts';
import type { MediaPacket } from '#src/media/media-packet.ts';
import { writePatch } from '#src/rtp/descriptor/vp8.ts';
import { DownTrack } from '#src/sfu/forwarder.ts';
import { patchWord } from '#src/sfu/layers/picture-continuity.ts';
import { outgoingTimestamp } from '#src/sfu/segments.ts';
import { PublisherClock, type Source } from '#src/sfu/source.ts';
import { descriptorId, identityOf, spatialsOf, write, type LayeredCodec } from './layered-codecs.ts';
import {
  arrivals,
  StreamModel,
  type ModelFrame,
  type ModelPacket,
  type PictureChoice,
} from './layered-stream.ts';

/** What a viewer has under one outgoing number. */
export interface Received {
  readonly out: number;
  /** Undefined for an empty packet. */
  readonly packet: ModelPacket | undefined;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
  /** Source that it was sent for. */
  readonly source: Source;
}

/** One stream of a publisher: packets in, viewers served as the media plane does it. */
export class LayeredPublication {
  readonly layer: IncomingLayer;
  readonly viewers: LayeredViewer[] = [];
  readonly packets = new Map<number, ModelPacket>();
  readonly #codec: LayeredCodec;
  readonly #format: PayloadType;
  readonly #idBits: 7 | 15;
  nowMs = 1_000_000;

  constructor(codec: LayeredCodec, idBits: 7 | 15, ssrc = 1) {
    this.#codec = codec;
    this.#idBits = idBits;
    this.#format = { payloadType: 96, codec, clockRateHz: 90_000, fmtp: '' };
    const track: IncomingTrack = {
      kind: 'video',
      mid: '0',
      payloads: [this.#format],
      ssrcs: [ssrc],
      rids: [''],
      extensions: { 'dependency-descriptor': descriptorId },
      feedback: [],
    };
    this.layer = new IncomingLayer({
      track,
      layer: 0,
      ssrc,
      format: this.#format,
      clock: new PublisherClock(),
    });
  }

  /** One packet arrives; copies go out in turn, or the other way around. */
  arrive(packet: ModelPacket, copiesFirst: boolean): void {
    const { payload, extensions } = write(this.#codec, packet, this.#idBits);
    this.packets.set(packet.sequence, packet);
    this.nowMs += 3;
    const accepted = this.layer.accept({
      sequence: packet.sequence,
      timestamp: packet.timestamp,
      marker: packet.marker,
      format: this.#format,
      extensions,
      payload,
      packetBytes: payload.length,
      arrivedMs: this.nowMs,
      isRepair: false,
    });
    if (accepted === undefined) return;
    const copies = [accepted, ...accepted.copies.slice(0, accepted.copyCount)];
    if (copiesFirst) copies.reverse();
    for (const copy of copies) for (const viewer of this.viewers) viewer.offer(copy);
  }
}

export class LayeredViewer {
  readonly down = new DownTrack('video', 7);
  readonly received = new Map<number, Received>();
  readonly #publications: readonly LayeredPublication[];

  constructor(...publications: readonly LayeredPublication[]) {
    this.#publications = publications;
    for (const publication of publications) publication.viewers.push(this);
  }

  offer(copy: MediaPacket): void {
    if (!this.down.forward(copy)) return;
    this.#keep(copy, this.down.extendedSequence, this.down.timestamp, this.down.patch);
  }

  /** Asks for all that it misses, as often as it takes; gives the numbers that nobody has. */
  repair(): readonly number[] {
    const all = [...this.received.keys()].sort((a, b) => a - b);
    const holes: number[] = [];
    for (let out = all[0] ?? 0; out < (all.at(-1) ?? 0); out += 1) {
      if (!this.received.has(out) && !this.#resent(out)) holes.push(out);
    }
    return holes;
  }

  /** All that it got, in the order of its numbers. */
  inOrder(): readonly Received[] {
    return [...this.received.values()].sort((a, b) => a.out - b.out);
  }

  #resent(out: number): boolean {
    const origin = this.down.sourceSequenceFor(out & 0xffff);
    const publication = this.#publications.find(({ layer }) => layer.source === origin?.source.stream);
    if (origin === undefined || publication === undefined) return false;
    const stored = publication.layer.stored(origin.source, origin.sequence, 0);
    if (stored === undefined) return false;
    const patch = stored.picture === undefined ? 0 : patchWord(stored.picture, origin);
    this.#keep(stored, out, outgoingTimestamp(origin, stored.timestamp), patch);
    return true;
  }

  #keep(copy: MediaPacket, out: number, timestamp: number, patch: number): void {
    const payload = copy.payload.slice();
    writePatch(payload, copy.patchAt, copy.patchBytes, patch);
    const publication = this.#publications.find(({ layer }) => layer.source === copy.source.stream);
    const packet = payload.length === 0 ? undefined : publication?.packets.get(identityOf(payload));
    const before = this.received.get(out);
    const received = { out, packet, timestamp, marker: copy.marker, payload, source: copy.source };
    if (before === undefined) this.received.set(out, received);
    else if (before.packet !== packet || !equal(before, received)) {
      throw new Error(`number ${out.toString()} was given to two different packets`);
    }
  }
}

function equal(a: Received, b: Received): boolean {
  return (
    a.timestamp === b.timestamp &&
    a.marker === b.marker &&
    a.payload.length === b.payload.length &&
    a.payload.every((byte, i) => byte === b.payload[i])
  );
}

/** Choices of what to watch: a rung, by its place among all, and the picture from which on. */
export interface Wish {
  readonly picture: number;
  readonly rung: number;
}

/** Sends a whole stream to a viewer that changes its mind; gives the model's frames. */
export function play(
  publication: LayeredPublication,
  viewers: readonly LayeredViewer[],
  script: {
    readonly codec: LayeredCodec;
    readonly choices: readonly PictureChoice[];
    readonly wishes: readonly (readonly Wish[])[];
    readonly alwaysClosed: boolean;
    readonly copiesFirst: boolean;
  },
): readonly ModelFrame[] {
  const model = new StreamModel({
    spatials: spatialsOf[script.codec],
    alwaysClosed: script.alwaysClosed,
    firstFrame: 65_500,
  });
  const packets = script.choices.flatMap((choice) => model.picture(choice));
  let picture = -1;
  for (const packet of arrivals(packets)) {
    publication.arrive(packet, script.copiesFirst);
    if (packet.frame.picture <= picture) continue;
    picture = packet.frame.picture;
    for (const [index, viewer] of viewers.entries()) {
      const wish = script.wishes[index]?.find((candidate) => candidate.picture === picture);
      const rungs = publication.layer.rungs();
      if (wish !== undefined) viewer.down.select(rungs[wish.rung % rungs.length]?.source);
      else if (viewer.down.wanted === undefined) viewer.down.select(publication.layer.source);
    }
  }
  return [...new Set(packets.map(({ frame }) => frame))];
}
