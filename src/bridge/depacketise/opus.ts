import type { TapPacket } from '#src/core/media.ts';
import type { CodecConfig, UnitSink } from './unit.ts';

/** 20 ms of stereo silence: full-band CELT with nothing in it (RFC 6716 section 3.1). */
export const opusSilence: Uint8Array = Uint8Array.of(0xfc, 0xff, 0xfe);
/** How long {@link opusSilence} lasts. */
export const opusSilenceMs = 20;

/** OpusHead (RFC 7845 section 5.1): stereo, 48 kHz, no pre-skip, since the stream is joined in its middle. */
const opusHead = Uint8Array.from([...Buffer.from('OpusHead'), 1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]);

/** Configuration of every Opus track: WebRTC's is always 48 kHz stereo on the wire (RFC 7587 section 4.1). */
export const opusConfig: CodecConfig = { codec: 'opus', width: 0, height: 0, codecPrivate: opusHead };

/** Opus over RTP (RFC 7587): one packet is one frame, and a lost one harms no other. */
export class OpusDepacketiser {
  readonly #sink: UnitSink;
  dropped = 0;

  constructor(sink: UnitSink) {
    this.#sink = sink;
  }

  push(packet: TapPacket): void {
    const { payload, timestamp, arrivedMs } = packet;
    if (payload.length === 0) return;
    if (opusDurationMs(payload) === undefined) {
      this.dropped += 1;
      return;
    }
    this.#sink.unit({
      kind: 'audio',
      timestamp,
      arrivedMs,
      keyframe: true,
      chunks: [payload],
      sizeBytes: payload.length,
      config: opusConfig,
    });
  }
}

/** Duration of an Opus packet by its table-of-contents byte (RFC 6716 section 3.1); undefined when malformed. */
export function opusDurationMs(packet: Uint8Array): number | undefined {
  const [toc, second] = packet;
  if (toc === undefined) return undefined;
  const frames = [1, 2, 2, second === undefined ? 0 : second & 0x3f][toc & 3] ?? 0;
  const duration = frameMs(toc >> 3) * frames;
  return duration > 0 && duration <= 120 ? duration : undefined;
}

function frameMs(configuration: number): number {
  if (configuration >= 16) return [2.5, 5, 10, 20][configuration & 3] ?? 20;
  if (configuration >= 12) return configuration & 1 ? 20 : 10;
  return [10, 20, 40, 60][configuration & 3] ?? 20;
}
