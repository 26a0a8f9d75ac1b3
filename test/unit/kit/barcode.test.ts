import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { counterStep, decodeBarcode, encodeBarcode, stampAgeMs } from '#test/kit/barcode.ts';

const stamps = fc.record({ wallTenths: fc.nat(2 ** 36 - 1), counter: fc.nat(0xffff) });
const asLuma = (cells: Uint8Array, black: number, white: number): number[] =>
  Array.from(cells, (cell) => (cell === 1 ? white : black));

describe('the barcode', () => {
  it('reads back what it wrote, also grey and noisy', () => {
    fc.assert(
      fc.property(stamps, fc.infiniteStream(fc.integer({ min: -20, max: 20 })), (stamp, noise) => {
        const luma = asLuma(encodeBarcode(stamp), 60, 190).map((value) => value + Number(noise.next().value));
        expect(decodeBarcode(luma)).toEqual(stamp);
      }),
    );
  });

  it('refuses a picture with one wrong cell', () => {
    fc.assert(
      fc.property(stamps, fc.nat(63), (stamp, cell) => {
        const cells = encodeBarcode(stamp);
        cells[cell] = 1 - cells[cell]!;
        const read = decodeBarcode(asLuma(cells, 16, 235));
        expect(read).toBeUndefined();
      }),
    );
  });

  it('refuses a flat picture', () => {
    expect(decodeBarcode(new Uint8Array(64).fill(128))).toBeUndefined();
  });

  it('tells the age over the wrap of its clock', () => {
    const nowMs = (2 ** 36 * 3) / 10 + 1.5;
    expect(stampAgeMs({ wallTenths: 2 ** 36 - 85, counter: 0 }, nowMs)).toBeCloseTo(10, 1);
    expect(stampAgeMs({ wallTenths: 25, counter: 0 }, nowMs)).toBeCloseTo(-1, 1);
  });

  it('counts steps over the wrap of its counter', () => {
    expect(counterStep(0xfffe, 1)).toBe(3);
    expect(counterStep(7, 7)).toBe(0);
  });
});
