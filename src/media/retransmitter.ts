import type { MediaEngine } from '#src/core/engine.ts';
import { writeUint16 } from '#src/rtp/bytes.ts';
import { writePatch } from '#src/rtp/descriptor/vp8.ts';
import { writeRtpHeader, type RtpHeaderFields } from '#src/rtp/header.ts';
import { wrapRtx } from '#src/rtp/rtx.ts';
import { patchWord } from '#src/sfu/layers/picture-continuity.ts';
import { outgoingTimestamp, type Origin } from '#src/sfu/segments.ts';
import type { Source } from '#src/sfu/source.ts';
import type { ForwardedTrack } from './forwarded-track.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import type { MediaPacket } from './media-packet.ts';
import type { ViewerTrack } from './viewer-track.ts';

/** A second request for the same packet sooner than this answers the same loss, whatever the round trip. */
const leastIntervalMs = 10;
/** Packets that a probe repeats are looked for this far back; what is older may be gone. */
const probeReach = 64;
/** Shared by all viewers of the thread: the engine has read it when sendRtp returns. */
const scratch = new Uint8Array(2_048);

/** Finds the layer that is a source's stream, while its packets can still be had. */
export type FindLayer = (source: Source) => IncomingLayer | undefined;

/** Sends stored packets again, from the rings: as RTX (RFC 4588) where it was negotiated, else as the same packet. */
export class Retransmitter {
  readonly #engine: MediaEngine;
  readonly #findLayer: FindLayer;

  constructor(engine: MediaEngine, findLayer: FindLayer) {
    this.#engine = engine;
    this.#findLayer = findLayer;
  }

  /** Answers a NACK: sends the packet that the viewer knows under this number again, if it still exists. */
  resend(viewer: ViewerTrack, track: ForwardedTrack, outSequence: number, nowMs: number): void {
    if (!viewer.repeats.hears(nowMs)) return;
    const origin = viewer.down.sourceSequenceFor(outSequence);
    // Another stream began with a keyframe since: nothing that is shown from now on needs what came before it. And where the
    // way became too narrow for the old stream, its repetitions would take what the new one needs.
    if (origin === undefined || origin.source.stream !== viewer.down.source?.stream) return;
    if (!viewer.repeats.fits(viewer.pathBps, nowMs)) return;
    const packet = this.#findLayer(origin.source)?.stored(origin.source, origin.sequence, nowMs);
    if (packet === undefined) return;
    // One that waits in a queue is not lost.
    const onItsWayMs = Math.max(leastIntervalMs, viewer.tally.rttMs / 2, viewer.responseMs);
    if (!viewer.repeats.take(outSequence, nowMs, onItsWayMs)) return;
    const bytes = this.#send(viewer, track, { packet, origin, outSequence, nowMs });
    if (bytes === 0) return;
    viewer.repeats.spent(bytes);
    viewer.tally.retransmitted++;
  }

  /**
   * Sends up to about this many bytes of recent packets again, to find out whether the path carries them: receivers drop what
   * they have, so nothing is seen of it. Only where RTX was negotiated.
   */
  probe(viewer: ViewerTrack, track: ForwardedTrack, bytes: number, nowMs: number): void {
    if (viewer.outgoing.rtxSsrc === undefined) return;
    let left = bytes;
    for (let back = 0; left > 0 && back < probeReach; back += 1) {
      const outSequence = (viewer.down.sequence - back) & 0xffff;
      const origin = viewer.down.sourceSequenceFor(outSequence);
      if (origin === undefined) return;
      const packet = this.#findLayer(origin.source)?.stored(origin.source, origin.sequence, nowMs);
      if (packet === undefined || packet.payloadBytes === 0) continue;
      const sent = this.#send(viewer, track, { packet, origin, outSequence, nowMs });
      if (sent === 0) return;
      left -= sent;
      viewer.tally.probePackets++;
    }
  }

  /** Bytes sent; 0 when the viewer cannot be sent this packet again. */
  #send(viewer: ViewerTrack, track: ForwardedTrack, again: StoredCopy): number {
    const { packet, origin, outSequence, nowMs } = again;
    const group = track.groupOf(viewer);
    const payload = viewer.payloadFor(packet.payloadFormat.codec);
    if (payload === undefined || group === undefined) return 0;
    const { ssrc, rtxSsrc } = viewer.outgoing;
    const fields: RtpHeaderFields = {
      payloadType: payload.payloadType,
      marker: packet.marker,
      sequence: outSequence,
      timestamp: outgoingTimestamp(origin, packet.timestamp),
      ssrc,
    };
    const isRtx = rtxSsrc !== undefined && payload.rtxPayloadType !== undefined;
    // The same packet again must be the same bytes, or one SRTP nonce would protect two different packets.
    if (!isRtx && group.isTimed) return 0;
    const extensions = group.extensionsOf(packet.extensions, nowMs);
    const { transportAt } = group;
    const length = isRtx
      ? wrapRtx(scratch, {
          header: {
            ...fields,
            payloadType: payload.rtxPayloadType,
            sequence: viewer.nextRtxSequence(),
            ssrc: rtxSsrc,
          },
          originalSequence: outSequence,
          extensions,
          payload: packet.payload,
        })
      : writePlain(fields, extensions, packet.payload);
    if (length === 0) return 0;
    if (packet.picture !== undefined) {
      const patchAt = length - packet.payloadBytes + packet.patchAt;
      writePatch(scratch, patchAt, packet.patchBytes, patchWord(packet.picture, origin));
    }
    const transportSequence = viewer.sentBeside(length, nowMs);
    if (transportAt > 0) writeUint16(scratch, 12 + transportAt, transportSequence);
    this.#engine.sendRtp(viewer.engine, scratch.subarray(0, length));
    return length;
  }
}

interface StoredCopy {
  readonly packet: MediaPacket;
  readonly origin: Readonly<Origin>;
  readonly outSequence: number;
  readonly nowMs: number;
}

function writePlain(fields: RtpHeaderFields, extensions: Uint8Array, payload: Uint8Array): number {
  if (12 + extensions.length + payload.length > scratch.length) return 0;
  const at = writeRtpHeader(scratch, fields, extensions);
  scratch.set(payload, at);
  return at + payload.length;
}
