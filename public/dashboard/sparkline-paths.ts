/** A sparkline's drawing: SVG path data in a box of 100 by 30. */
export interface SparklinePaths {
  readonly line: string;
  readonly area: string;
  /** The value at the upper edge. */
  readonly top: number;
}

/** Size of the box. */
export const sparklineBox = { width: 100, height: 30 };
const { width, height } = sparklineBox;

/** Draws values oldest first, right-aligned, as if `slots` of them filled the box; the scale starts at 0. */
export function sparklinePaths(values: readonly number[], slots: number): SparklinePaths {
  const shown = values.slice(-slots);
  const top = niceCeiling(Math.max(0, ...shown));
  if (shown.length < 2) return { line: '', area: '', top };
  const step = width / Math.max(1, slots - 1);
  const startX = width - step * (shown.length - 1);
  const points = shown.map((value, index) => {
    const x = startX + step * index;
    const y = height - (Math.max(0, value) / top) * (height - 2) - 1;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${points.join('L')}`;
  return { line, area: `${line}L${width} ${height}L${startX.toFixed(1)} ${height}Z`, top };
}

/** The next of 1, 2, 2.5, 5 times a power of ten that is not below the value. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= value * 0.9999) ?? 10;
  return factor * power;
}
