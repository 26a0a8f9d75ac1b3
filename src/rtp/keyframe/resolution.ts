/** Size of a decoded picture in pixels, cropping applied. */
export interface Resolution {
  readonly width: number;
  readonly height: number;
}

/** Larger ones than any encoder makes come from damaged headers. */
const maxSide = 16_384;

/** The resolution, or undefined when it cannot be one. */
export function plausible(width: number, height: number): Resolution | undefined {
  return width > 0 && height > 0 && width <= maxSide && height <= maxSide ? { width, height } : undefined;
}
