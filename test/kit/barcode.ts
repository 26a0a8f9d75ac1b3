/** Cells across and down: 64 bits in the top {@link barcodeHeightShare} of a picture. */
export const barcodeColumns = 16;
export const barcodeRows = 4;
/** Share of the picture's height that the barcode covers. */
export const barcodeHeightShare = 4 / 15;

/** What one frame says about itself. */
export interface Stamp {
  /** Wall clock at which the frame was drawn, in tenths of a millisecond, modulo 2^36 (79 days). */
  readonly wallTenths: number;
  /** Counts frames, modulo 2^16. */
  readonly counter: number;
}

const markerBits = [1, 0, 1, 0];
const wallBits = 36;
const counterBits = 16;
const wallModulo = 2 ** wallBits;
const cellCount = barcodeColumns * barcodeRows;
const leastContrast = 48;

/** The 64 cells of a stamp, row by row: 1 is white. Marker, wall clock, counter, CRC-8 over clock and counter. */
export function encodeBarcode(stamp: Stamp): Uint8Array {
  const cells = new Uint8Array(cellCount);
  cells.set(markerBits);
  writeBits(cells, markerBits.length, stamp.wallTenths % wallModulo, wallBits);
  writeBits(cells, markerBits.length + wallBits, stamp.counter & 0xffff, counterBits);
  writeBits(cells, cellCount - 8, crc8(cells.subarray(markerBits.length, cellCount - 8)), 8);
  return cells;
}

/** Reads the brightness of the 64 cells; undefined when the picture carries no intact barcode. */
export function decodeBarcode(luma: ArrayLike<number>): Stamp | undefined {
  const at = (cell: number): number => luma[cell] ?? 0;
  const white = Math.min(at(0), at(2));
  const black = Math.max(at(1), at(3));
  if (white - black < leastContrast) return undefined;
  const threshold = (white + black) / 2;
  const cells = Uint8Array.from({ length: cellCount }, (_, cell) => (at(cell) > threshold ? 1 : 0));
  const crc = readBits(cells, cellCount - 8, 8);
  if (crc !== crc8(cells.subarray(markerBits.length, cellCount - 8))) return undefined;
  return {
    wallTenths: readBits(cells, markerBits.length, wallBits),
    counter: readBits(cells, markerBits.length + wallBits, counterBits),
  };
}

/** Milliseconds from the stamp's drawing until `nowWallMs`; negative when the stamp lies in the future. */
export function stampAgeMs(stamp: Stamp, nowWallMs: number): number {
  const difference = (Math.round(nowWallMs * 10) - stamp.wallTenths) % wallModulo;
  const positive = difference < 0 ? difference + wallModulo : difference;
  return (positive > wallModulo / 2 ? positive - wallModulo : positive) / 10;
}

/** How many frames lie between two counters, over the wrap at 2^16. */
export function counterStep(from: number, to: number): number {
  return (to - from + 0x10000) & 0xffff;
}

function writeBits(cells: Uint8Array, start: number, value: number, bits: number): void {
  for (let bit = 0; bit < bits; bit++) cells[start + bit] = Math.floor(value / 2 ** (bits - 1 - bit)) % 2;
}

function readBits(cells: Uint8Array, start: number, bits: number): number {
  let value = 0;
  for (let bit = 0; bit < bits; bit++) value = value * 2 + (cells[start + bit] ?? 0);
  return value;
}

function crc8(cells: Uint8Array): number {
  let crc = 0xff;
  for (const cell of cells) {
    const carry = ((crc >> 7) & 1) ^ cell;
    crc = ((crc << 1) & 0xff) ^ (carry === 1 ? 0x07 : 0);
  }
  return crc;
}
