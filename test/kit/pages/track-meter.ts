import {
  barcodeColumns,
  barcodeHeightShare,
  barcodeRows,
  decodeBarcode,
  type Stamp,
  stampAgeMs,
} from '../barcode.ts';
import type { Distribution } from '../rig-types.ts';
import { wallNowMs } from './clock.ts';
import { distribution } from './frame-meter.ts';

const sampleLimit = 20_000;
/** Frames whose stamp is remembered until the display tells when they came. */
const stampLimit = 300;

/**
 * Reads the barcode of every frame that leaves a received track's decoder. Unlike requestVideoFrameCallback it is not
 * tied to the display's refresh, so small differences between servers show.
 */
export class TrackMeter {
  readonly #reader: ReadableStreamDefaultReader<VideoFrame>;
  readonly #samples: number[] = [];
  readonly #stamps = new Map<number, Stamp>();
  #strip = new Uint8Array(0);

  constructor(track: MediaStreamTrack) {
    this.#reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 4 }).readable.getReader();
    void this.#run();
  }

  get decoded(): Distribution {
    return distribution(this.#samples);
  }

  /** What the frame with this RTP time carried. */
  stampOf(rtpTimestamp: number): Stamp | undefined {
    return this.#stamps.get(rtpTimestamp);
  }

  reset(): void {
    this.#samples.length = 0;
  }

  async stop(): Promise<void> {
    await this.#reader.cancel();
  }

  async #run(): Promise<void> {
    for (let turn = await this.#reader.read(); !turn.done; turn = await this.#reader.read()) {
      const frame = turn.value;
      const wallMs = wallNowMs();
      await this.#measure(frame, wallMs);
      frame.close();
    }
  }

  async #measure(frame: VideoFrame, wallMs: number): Promise<void> {
    const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
    // Luma comes first in the planar formats that decoders give; anything else would need a conversion.
    if (frame.format !== 'I420' && frame.format !== 'NV12') return;
    const rows = Math.floor((height * barcodeHeightShare) / 2) * 2;
    const rect = { x: 0, y: 0, width: width - (width % 2), height: rows };
    const bytes = frame.allocationSize({ rect });
    if (this.#strip.length < bytes) this.#strip = new Uint8Array(bytes);
    const [plane] = await frame.copyTo(this.#strip, { rect });
    if (!plane) return;
    const luma = Float32Array.from({ length: barcodeColumns * barcodeRows }, (_, cell) => {
      const x = Math.floor((((cell % barcodeColumns) + 0.5) * rect.width) / barcodeColumns);
      const y = Math.floor(((Math.floor(cell / barcodeColumns) + 0.5) * rows) / barcodeRows);
      return this.#average(plane, x, y);
    });
    const stamp = decodeBarcode(luma);
    if (!stamp) return;
    if (this.#samples.length < sampleLimit) this.#samples.push(stampAgeMs(stamp, wallMs));
    const { rtpTimestamp } = frame.metadata();
    if (rtpTimestamp === undefined) return;
    this.#stamps.set(rtpTimestamp, stamp);
    const [oldest] = this.#stamps.keys();
    if (this.#stamps.size > stampLimit && oldest !== undefined) this.#stamps.delete(oldest);
  }

  #average(plane: PlaneLayout, x: number, y: number): number {
    let sum = 0;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++)
        sum += this.#strip[plane.offset + (y + dy) * plane.stride + x + dx] ?? 0;
    }
    return sum / 9;
  }
}
