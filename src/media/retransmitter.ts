import type { MediaEngine } from '#src/core/engine.ts';
import { writePatch } from '#src/rtp/descriptor/vp8.ts';
import { writeRtpHeader, type RtpHeaderFields } from '#src/rtp/header.ts';
import { wrapRtx } from '#src/rtp/rtx.ts';
import { patchWord } from '#src/sfu/layers/picture-continuity.ts';
import { outgoingTimestamp } from '#src/sfu/segments.ts';
import type { Source } from '#src/sfu/source.ts';
import type { ForwardedTrack } from './forwarded-track.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import type { ViewerTrack } from './viewer-track.ts';

/** A second request for the same packet sooner than this answers the same loss, whatever the round trip. */
const leastIntervalMs = 10;
/** Shared by all viewers of the thread: the engine has read it when sendRtp returns. */
const scratch = new Uint8Array(2_048);

/** Finds the layer that is a source's stream, while its packets can still be had. */
export type FindLayer = (source: Source) => IncomingLayer | undefined;

/** Answers NACKs from the rings: as RTX (RFC 4588) where it was negotiated, else as the same packet again. */
export class Retransmitter {
  readonly #engine: MediaEngine;
  readonly #findLayer: FindLayer;

  constructor(engine: MediaEngine, findLayer: FindLayer) {
    this.#engine = engine;
    this.#findLayer = findLayer;
  }

  /** Sends the packet that the viewer knows under this number again, if it still exists. */
  resend(viewer: ViewerTrack, track: ForwardedTrack, outSequence: number, nowMs: number): void {
    if (!viewer.repeats.hears(nowMs)) return;
    const origin = viewer.down.sourceSequenceFor(outSequence);
    if (origin === undefined) return;
    const layer = this.#findLayer(origin.source.stream);
    const stored = layer?.stored(origin.source, origin.sequence, nowMs);
    const group = track.groupOf(viewer);
    if (stored === undefined || group === undefined) return;
    const payload = viewer.payloadFor(stored.payloadFormat.codec);
    if (payload === undefined) return;
    if (!viewer.repeats.take(outSequence, nowMs, Math.max(leastIntervalMs, viewer.tally.rttMs / 2))) return;
    const { ssrc, rtxSsrc } = viewer.outgoing;
    const fields: RtpHeaderFields = {
      payloadType: payload.payloadType,
      marker: stored.marker,
      sequence: outSequence,
      timestamp: outgoingTimestamp(origin, stored.timestamp),
      ssrc,
    };
    const extensions = group.extensionsOf(stored.extensions);
    let length: number;
    if (rtxSsrc !== undefined && payload.rtxPayloadType !== undefined) {
      const header = {
        ...fields,
        payloadType: payload.rtxPayloadType,
        sequence: viewer.nextRtxSequence(),
        ssrc: rtxSsrc,
      };
      length = wrapRtx(scratch, {
        header,
        originalSequence: outSequence,
        extensions,
        payload: stored.payload,
      });
    } else {
      // Byte for byte what was sent before, or the same SRTP nonce would protect two different packets.
      length = writePlain(fields, extensions, stored.payload);
    }
    if (length === 0) return;
    if (stored.picture !== undefined) {
      const patchAt = length - stored.payload.length + stored.patchAt;
      writePatch(scratch, patchAt, stored.patchBytes, patchWord(stored.picture, origin));
    }
    this.#engine.sendRtp(viewer.engine, scratch.subarray(0, length));
    viewer.tally.retransmitted++;
    viewer.tally.packetsSent++;
    viewer.tally.bytesSent += length;
  }
}

function writePlain(fields: RtpHeaderFields, extensions: Uint8Array, payload: Uint8Array): number {
  if (12 + extensions.length + payload.length > scratch.length) return 0;
  const at = writeRtpHeader(scratch, fields, extensions);
  scratch.set(payload, at);
  return at + payload.length;
}
