import { barcodeColumns, barcodeHeightShare, barcodeRows, decodeBarcode } from '../barcode.ts';
import type { Stamp } from '../barcode.ts';

/** Pixels per cell of the scratch canvas: the middle four of sixteen are read. */
const cellPixels = 4;

/** Reads the barcode of the frame that a video element shows now. */
export class StampReader {
  readonly #video: HTMLVideoElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    const canvas = document.createElement('canvas');
    canvas.width = barcodeColumns * cellPixels;
    canvas.height = barcodeRows * cellPixels;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no 2D canvas');
    this.#context = context;
  }

  /** Undefined when the picture carries no intact barcode. */
  read(): Stamp | undefined {
    const { videoWidth, videoHeight } = this.#video;
    const { width, height } = this.#context.canvas;
    const strip = videoHeight * barcodeHeightShare;
    this.#context.drawImage(this.#video, 0, 0, videoWidth, strip, 0, 0, width, height);
    const { data } = this.#context.getImageData(0, 0, width, height);
    const luma = new Float32Array(barcodeColumns * barcodeRows);
    for (let cell = 0; cell < luma.length; cell++) {
      const x = (cell % barcodeColumns) * cellPixels + 1;
      const y = Math.floor(cell / barcodeColumns) * cellPixels + 1;
      let sum = 0;
      for (const [dx, dy] of middle) sum += data[((y + dy) * width + x + dx) * 4 + 1] ?? 0;
      luma[cell] = sum / middle.length;
    }
    return decodeBarcode(luma);
  }
}

const middle = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;
