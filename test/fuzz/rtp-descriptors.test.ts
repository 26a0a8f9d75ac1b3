import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DependencyDescriptor } from '#src/rtp/descriptor/dependency-descriptor.ts';
import { Vp8Descriptor } from '#src/rtp/descriptor/vp8.ts';
import { Vp9LayerDescriptor } from '#src/rtp/descriptor/vp9.ts';
import { hex } from '../unit/rtp/packets.ts';
import { mutated } from './rtp-mutations.ts';

// The same cases on every run: a failure is a change, never luck.
fc.configureGlobal({ seed: 3550 });

const numRuns = 3000;

test('what a VP8 descriptor wants patched lies inside the payload', () => {
  const descriptor = new Vp8Descriptor();
  const samples = [hex('90e0a123076001'), hex('90c0210701'), hex('1000')];
  fc.assert(
    fc.property(mutated(samples), (payload) => {
      if (!descriptor.parse(payload)) return;
      expect(descriptor.patchAt + descriptor.patchBytes).toBeLessThan(payload.length);
      expect(descriptor.patchBytes).toBeLessThanOrEqual(3);
      expect(descriptor.temporal).toBeLessThanOrEqual(3);
    }),
    { numRuns },
  );
});

test('a VP9 descriptor that parses speaks of layers that there are', () => {
  const descriptor = new Vp9LayerDescriptor();
  const samples = [hex('f88102350308 01'), hex('ae210009380140 00b4028001680104 0182')];
  fc.assert(
    fc.property(mutated(samples), (payload) => {
      if (!descriptor.parse(payload)) return;
      expect(descriptor.spatial).toBeLessThanOrEqual(7);
      expect(descriptor.temporal).toBeLessThanOrEqual(7);
      expect(descriptor.referenceCount).toBeLessThanOrEqual(3);
      expect(descriptor.sizes).toBeLessThanOrEqual(8);
    }),
    { numRuns },
  );
});

test('a dependency descriptor that parses refers to its structure, whatever came before', () => {
  const descriptor = new DependencyDescriptor();
  const samples = [
    hex('8902bc812123bb22450460d11210000809f8059813f80b38'),
    hex('c902bd'),
    hex('cb02bf 74 1e 012b'),
  ];
  let sequence = 0;
  fc.assert(
    fc.property(mutated(samples), (bytes) => {
      sequence += 1;
      if (!descriptor.parse(bytes, 0, bytes.length, sequence)) return;
      const { structure } = descriptor;
      expect(descriptor.template).toBeLessThan(structure.templates);
      expect(descriptor.spatial).toBeLessThanOrEqual(structure.maxSpatial);
      expect(descriptor.temporal).toBeLessThanOrEqual(structure.maxTemporal);
      for (let target = 0; target < structure.targets; target += 1)
        expect(descriptor.indication(target)).toBeLessThanOrEqual(3);
    }),
    { numRuns },
  );
});
