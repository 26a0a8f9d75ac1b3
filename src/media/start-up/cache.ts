import type { PacketRing, StoredPacket } from '#src/rtp/ring.ts';
import { timestampDistance } from '#src/rtp/sequence.ts';
import type { IncomingLayer } from '../incoming-layer.ts';
import type { MediaPacket } from '../media-packet.ts';
import type { StartUpSettings } from './pace.ts';

/** How far before the keyframe's first known packet the rest of it may come late: parameter sets, for example. */
const lateStart = 32;
/** A publisher that paused does not age what it sent last. */
const mostSilenceMs = 100;

/**
 * What a viewer needs of one video layer to show its newest picture: everything since the last keyframe. The packets lie in the
 * layer's ring, which grows for them; here is only where they begin, how far they are complete, and whether they are still
 * within bounds. Out of bounds, there is nothing until the next keyframe.
 */
export class StartUpCache {
  readonly layer: IncomingLayer;
  readonly #settings: StartUpSettings;
  #first = -1;
  #firstTimestamp = 0;
  #newestTimestamp = 0;
  #newestArrivedMs = 0;
  #packets = 0;
  #bytes = 0;
  /** Everything from the first to this one is there. */
  #completeTo = -1;
  #highest = -1;

  constructor(layer: IncomingLayer, settings: StartUpSettings) {
    this.layer = layer;
    this.#settings = settings;
    this.#lookBack();
  }

  /** Sequence of the keyframe's first packet; -1 while there is nothing. */
  get first(): number {
    return this.#first;
  }

  get firstTimestamp(): number {
    return this.#firstTimestamp;
  }

  /** Timestamp of a frame that would be captured and come now. */
  presentTimestamp(nowMs: number): number {
    const sinceMs = Math.min(mostSilenceMs, Math.max(0, nowMs - this.#newestArrivedMs));
    return (this.#newestTimestamp + Math.round((sinceMs * this.layer.source.clockRateHz) / 1000)) >>> 0;
  }

  get packets(): number {
    return this.#first < 0 ? 0 : this.#packets;
  }

  /** Payloads and extensions. */
  get bytes(): number {
    return this.#first < 0 ? 0 : this.#bytes;
  }

  /** From the keyframe to the newest frame. */
  get spanMs(): number {
    if (this.#first < 0) return 0;
    const span = timestampDistance(this.#firstTimestamp, this.#newestTimestamp);
    return (span * 1000) / this.layer.source.clockRateHz;
  }

  /** Whether a viewer that begins here gets to the newest picture, apart from what is on its way. */
  isUsable(nowMs: number): boolean {
    const ring = this.layer.ring;
    if (this.#first < 0 || ring?.has(this.#first) !== true) return false;
    if (this.#completeTo >= this.#highest) return true;
    // A hole that is older than any repair stops every decoder.
    const behind = this.#behindHole(ring);
    return behind === undefined || nowMs - behind < this.#settings.repairPatienceMs;
  }

  /** Takes note of a packet that the ring has just stored. */
  note(packet: MediaPacket): void {
    const { sequence, timestamp } = packet;
    if (packet.keyframe && this.#isNewKeyframe(sequence, timestamp)) this.#begin(sequence, timestamp);
    if (this.#first < 0 || (sequence < this.#first && !this.#precedes(sequence, timestamp))) return;
    if (sequence < this.#first) this.#first = sequence;
    this.#count(packet);
    if (this.#bytes > this.#settings.cacheBytes || this.spanMs > this.#settings.cacheMs) this.#drop();
  }

  /** Lets the ring forget. */
  close(): void {
    this.#drop();
  }

  #isNewKeyframe(sequence: number, timestamp: number): boolean {
    return this.#first < 0 || (sequence > this.#first && timestamp !== this.#firstTimestamp);
  }

  /** Packets of the keyframe that its later ones overtook. */
  #precedes(sequence: number, timestamp: number): boolean {
    return timestamp === this.#firstTimestamp && this.#first - sequence <= lateStart;
  }

  #begin(sequence: number, timestamp: number): void {
    this.#first = sequence;
    this.#firstTimestamp = timestamp;
    this.#newestTimestamp = timestamp;
    this.#packets = 0;
    this.#bytes = 0;
    this.#completeTo = sequence - 1;
    this.#highest = this.layer.ring?.highest ?? sequence;
    this.layer.ring?.keepFrom(sequence, this.#settings.cacheBytes);
  }

  #count(packet: StoredPacket): void {
    const { sequence, timestamp } = packet;
    this.#packets += 1;
    this.#bytes += packet.payload.length + packet.extensions.length;
    if (sequence > this.#highest) this.#highest = sequence;
    if (this.#packets === 1 || timestampDistance(this.#newestTimestamp, timestamp) > 0) {
      this.#newestTimestamp = timestamp;
      this.#newestArrivedMs = packet.arrivedMs;
    }
    const ring = this.layer.ring;
    while (ring?.has(this.#completeTo + 1) === true) this.#completeTo += 1;
  }

  #drop(): void {
    if (this.#first >= 0) this.layer.ring?.keepNothing();
    this.#first = -1;
  }

  /** When the first packet behind the first hole came. */
  #behindHole(ring: PacketRing): number | undefined {
    for (let sequence = this.#completeTo + 2; sequence <= this.#highest; sequence += 1) {
      const stored = ring.get(sequence);
      if (stored !== undefined) return stored.arrivedMs;
    }
    return undefined;
  }

  /** A layer that was not watched until now: its ring may still hold its last keyframe. */
  #lookBack(): void {
    const ring = this.layer.ring;
    if (ring === undefined || ring.highest < 0) return;
    const found = newestKeyframe(ring);
    if (found === undefined) return;
    this.#begin(found.sequence, found.timestamp);
    for (let sequence = found.sequence; sequence <= ring.highest; sequence += 1) {
      const stored = ring.get(sequence);
      if (stored !== undefined) this.#count(stored);
    }
    if (this.#bytes > this.#settings.cacheBytes || this.spanMs > this.#settings.cacheMs) this.#drop();
  }
}

/** The first packet of the newest keyframe in a ring. */
function newestKeyframe(ring: PacketRing): { sequence: number; timestamp: number } | undefined {
  let found: { sequence: number; timestamp: number } | undefined;
  let missing = 0;
  for (let sequence = ring.highest; sequence >= 0 && missing <= lateStart; sequence -= 1) {
    const stored = ring.get(sequence);
    missing = stored === undefined ? missing + 1 : 0;
    if (stored === undefined) continue;
    if (found !== undefined && stored.timestamp !== found.timestamp) return found;
    if (stored.keyframe) found = { sequence, timestamp: stored.timestamp };
  }
  return found;
}
