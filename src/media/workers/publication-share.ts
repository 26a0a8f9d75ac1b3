import type { PacketRing } from '#src/rtp/ring.ts';
import type { Source } from '#src/sfu/source.ts';
import type { IncomingLayer } from '../incoming-layer.ts';
import type { LivePublisher, PublicationEcho } from '../live-publisher.ts';
import type { MediaPacket } from '../media-packet.ts';
import type { Doorbell } from './doorbell.ts';
import { writeClock, writePacket, writeState, type SharedClock, type SharedLayer } from './records.ts';
import { ringAsk } from './ring-layout.ts';
import { RingWriter } from './ring-writer.ts';

/** Most bytes that are told again in one tick: a fraction of a millisecond's work, and a fraction of the ring. */
const recountBytesPerTick = 1024 * 1024;
/** A longer hole is taken for the end of what is stored. */
const mostMissing = 64;

/** Packets of a layer that are told again. */
interface Recount {
  readonly layer: IncomingLayer;
  next: number;
  readonly end: number;
}

/** A layer's name in the ring, and the newest timestamp, to which its clock is told. */
interface SharedSource {
  readonly slot: number;
  timestamp: number;
}

/** The home worker's side of a publication whose viewers are in several workers: writes each packet once, for all others. */
export class PublicationShare implements PublicationEcho {
  readonly #ring: RingWriter;
  readonly #sources = new Map<Source, SharedSource>();
  /** Bells of the workers that read. */
  #readers: readonly Doorbell[] = [];
  #publisher: LivePublisher | undefined;
  #recounts: Recount[] = [];
  #life = 0;
  #lastSlot = -1;
  #hasNews = false;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = new RingWriter(memory);
  }

  /** Who reads from now on. Those who are new ask for what they need. */
  setReaders(readers: readonly Doorbell[]): void {
    this.#readers = readers;
  }

  changed(publisher: LivePublisher | undefined): void {
    if (publisher !== this.#publisher) {
      this.#publisher = publisher;
      this.#life++;
      this.#sources.clear();
    }
    this.#writeState();
  }

  packet(packet: MediaPacket): void {
    const source = this.#sources.get(packet.source);
    if (source === undefined) return;
    source.timestamp = packet.timestamp;
    writePacket(this.#ring, source.slot, packet);
    if (packet.keyframe && packet.kind === 'video') this.#ring.dropWanted(packet.source.layer);
    this.#hasNews = true;
  }

  reported(layer: IncomingLayer): void {
    const shared = this.#sources.get(layer.source);
    const clock = shared === undefined ? undefined : clockOf(layer.source, shared.timestamp);
    if (shared === undefined || clock === undefined) return;
    writeClock(this.#ring, shared.slot, clock);
    this.#hasNews = true;
  }

  tick(publisher: LivePublisher | undefined): void {
    const asked = this.#ring.takeAsked();
    if ((asked & ringAsk.state) !== 0) this.#writeState();
    if ((asked & ringAsk.recount) !== 0) this.#beginRecount();
    else if (this.#recounts.length > 0) this.#recount();
    const wanted = this.#ring.takeWanted();
    if (wanted === 0 || publisher === undefined) return;
    for (const layer of publisher.layers) {
      if (!layer.retired && (wanted & (1 << layer.layer)) !== 0) publisher.wantKeyframe(layer);
    }
  }

  /** The event loop has handled all that came: wakes the readers, once for all of it. */
  endTurn(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    for (const reader of this.#readers) reader.ring();
  }

  #writeState(): void {
    const publisher = this.#publisher;
    writeState(this.#ring, {
      life: this.#life,
      publisher: publisher?.peer,
      tracks: publisher?.tracks ?? [],
      layers: publisher?.layers.map((layer) => this.#sharedLayer(layer, publisher)) ?? [],
    });
    this.#hasNews = true;
  }

  /** Each video layer from its last keyframe on, as far as it is stored; the largest first. */
  #beginRecount(): void {
    const layers = this.#publisher?.layers.filter(({ track }) => track.kind === 'video') ?? [];
    this.#recounts = layers
      .toSorted((a, b) => b.smoothedBps - a.smoothedBps)
      .flatMap((layer): Recount[] => {
        const next = layer.ring === undefined ? -1 : lastKeyframe(layer.ring);
        return next < 0 ? [] : [{ layer, next, end: layer.ring?.highest ?? -1 }];
      });
    this.#recount();
  }

  /** A piece at a time: the packets of the present come in between. */
  #recount(): void {
    let budgetBytes = recountBytesPerTick;
    for (
      let recount = this.#recounts[0];
      recount !== undefined && budgetBytes > 0;
      recount = this.#recounts[0]
    ) {
      const { ring, source } = recount.layer;
      const shared = this.#sources.get(source);
      if (ring === undefined || shared === undefined || recount.next > recount.end) {
        this.#recounts.shift();
        continue;
      }
      const packet = ring.get(recount.next++);
      if (packet === undefined) continue;
      writePacket(this.#ring, shared.slot, packet);
      budgetBytes -= packet.extensions.length + packet.payload.length;
      this.#hasNews = true;
    }
  }

  #sharedLayer(layer: IncomingLayer, publisher: LivePublisher): SharedLayer {
    const { source, ssrc, retired } = layer;
    let shared = this.#sources.get(source);
    if (shared === undefined) {
      this.#lastSlot = (this.#lastSlot + 1) & 0xffff;
      const newest = layer.ring?.get(layer.ring.highest);
      shared = { slot: this.#lastSlot, timestamp: newest?.timestamp ?? 0 };
      this.#sources.set(source, shared);
    }
    const clock = clockOf(source, shared.timestamp);
    return {
      slot: shared.slot,
      track: publisher.tracks.indexOf(layer.track),
      layer: layer.layer,
      ssrc,
      payloadType: layer.format.payloadType,
      retired,
      ...(clock === undefined ? {} : { clock }),
    };
  }
}

/** Sequence of the first packet of the newest keyframe that is stored; -1 when there is none. */
function lastKeyframe(ring: PacketRing): number {
  let first = -1;
  let timestamp = 0;
  let missing = 0;
  for (let sequence = ring.highest; sequence >= 0 && missing < mostMissing; sequence--) {
    const packet = ring.get(sequence);
    missing = packet === undefined ? missing + 1 : 0;
    if (packet === undefined) continue;
    // All of its frame, whose later parts may look like a beginning too.
    if (first >= 0 && packet.timestamp !== timestamp) break;
    if (!packet.keyframe && first < 0) continue;
    first = sequence;
    timestamp = packet.timestamp;
  }
  return first;
}

/** What a source's sender reports amount to, told at one timestamp. */
function clockOf(source: Source, timestamp: number): SharedClock | undefined {
  const ntpMs = source.reportedNtpMs(timestamp);
  return ntpMs === undefined ? undefined : { timestamp, ntpMs, offsetMs: source.clock.offsetMs };
}
