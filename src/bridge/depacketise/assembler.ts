import type { TapPacket } from '#src/core/media.ts';
import type { PayloadFormat, UnitSink } from './unit.ts';
import { maxUnitBytes } from './unit.ts';

/**
 * Collects the packets of a video track, in order, into access units. A marker or a changed timestamp ends one. After a
 * hole nothing is handed on before the next undamaged keyframe: a decoder would only show debris.
 */
export class Assembler {
  readonly #format: PayloadFormat;
  readonly #sink: UnitSink;
  /** Timestamp of the unit being collected; undefined between units. */
  #timestamp: number | undefined;
  #arrivedMs = 0;
  #sizeBytes = 0;
  /** The unit being collected cannot be completed. */
  #spoilt = false;
  /** References are missing: only a keyframe helps. */
  #needsKeyframe = true;
  /** Packets were lost right before the next one. */
  #afterHole = false;
  /** Units thrown away, for the report. */
  dropped = 0;

  constructor(format: PayloadFormat, sink: UnitSink) {
    this.#format = format;
    this.#sink = sink;
  }

  /** The next packet in order. */
  push(packet: TapPacket): void {
    if (this.#timestamp !== undefined && this.#timestamp !== packet.timestamp) this.#end();
    if (packet.payload.length === 0) return;
    if (this.#timestamp === undefined) this.#begin(packet);
    this.#sizeBytes += packet.payload.length;
    if (!this.#spoilt) this.#spoilt = this.#sizeBytes > maxUnitBytes || !this.#format.add(packet.payload);
    if (packet.marker) this.#end();
  }

  /** Packets before the next one are lost for good. */
  lost(): void {
    if (this.#timestamp !== undefined) {
      this.#spoilt = true;
      this.#end();
    }
    this.#afterHole = true;
    this.#damage();
  }

  #begin(packet: TapPacket): void {
    this.#timestamp = packet.timestamp;
    this.#arrivedMs = packet.arrivedMs;
    this.#sizeBytes = 0;
    this.#spoilt = false;
    this.#format.begin(this.#afterHole);
    this.#afterHole = false;
  }

  #end(): void {
    const timestamp = this.#timestamp;
    if (timestamp === undefined) return;
    this.#timestamp = undefined;
    const picture = this.#format.finish();
    if (picture === undefined && !this.#spoilt) return;
    if (this.#spoilt || picture === undefined || picture === 'damaged') {
      this.dropped += 1;
      this.#damage();
      return;
    }
    if (this.#needsKeyframe && !picture.keyframe) {
      this.dropped += 1;
      return;
    }
    this.#needsKeyframe = false;
    this.#sink.unit({ kind: 'video', timestamp, arrivedMs: this.#arrivedMs, ...picture });
  }

  #damage(): void {
    this.#needsKeyframe = true;
    this.#sink.damaged();
  }
}
