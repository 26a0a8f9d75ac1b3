import fc from 'fast-check';

/** Bytes from nowhere, and valid samples with bytes changed, cut or doubled: what a parser must survive. */
export function mutated(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  const damaged = fc
    .record({
      sample: fc.constantFrom(...samples),
      changes: fc.array(change, { maxLength: 6 }),
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
      tail: fc.uint8Array({ maxLength: 12 }),
      cut: fc.boolean(),
    })
    .map(({ sample, changes, keep, tail, cut }) => {
      const bytes = Uint8Array.from([
        ...(cut ? sample.subarray(0, Math.ceil(sample.length * keep)) : sample),
        ...tail,
      ]);
      for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
  return fc.oneof(
    { weight: 3, arbitrary: damaged },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 120 }) },
  );
}
