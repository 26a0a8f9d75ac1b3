import { expect, test } from 'vitest';
import { DependencyDescriptor } from '#src/rtp/descriptor/dependency-descriptor.ts';
import { BitWriter } from '../../../property/layered-codecs.ts';

/** Two spatial layers of one temporal layer each, as browsers send them for L2T1. */
function structure(bits: BitWriter): BitWriter {
  bits.put(9, 6).put(1, 5);
  // Two templates of the lower layer, two of the upper one.
  bits.put(0, 2).put(2, 2).put(0, 2).put(3, 2);
  for (const indications of [0b1011, 0b1011, 0b0010, 0b0010]) bits.put(indications, 4);
  // References: none; 2; 1; 2 and 1.
  bits.put(0, 1).put(0b1_0001_0, 6).put(0b1_0000_0, 6).put(0b1_0001_1_0000_0, 11);
  // Two chains, ns(3): 2 is 11. Targets 0 and 1 have one each, ns(2). Then two distances for each template.
  bits.put(3, 2).put(0, 1).put(1, 1).put(0x1121, 16).put(0, 16);
  return bits.put(1, 1).put(319, 16).put(179, 16).put(639, 16).put(359, 16);
}

const keyframe = structure(new BitWriter().put(0b10, 2).put(9, 6).put(700, 16).put(0b10000, 5)).bytes();
const parsed = (descriptor: DependencyDescriptor, bytes: Uint8Array, sequence = 0) =>
  descriptor.parse(Uint8Array.from([0xee, ...bytes, 0xee]), 1, bytes.length, sequence);
/** The three mandatory bytes. */
const short = (flags: number, template: number, frame: number) =>
  new BitWriter().put(flags, 2).put(template, 6).put(frame, 16).bytes();

test('a keyframe brings the structure that later descriptors refer to', () => {
  const descriptor = new DependencyDescriptor();
  expect(parsed(descriptor, short(3, 9, 701))).toBe(false);
  expect(parsed(descriptor, keyframe)).toBe(true);
  expect(descriptor).toMatchObject({ startsFrame: true, endsFrame: false, frameNumber: 700 });
  expect(descriptor).toMatchObject({
    broughtStructure: true,
    activeTargets: 3,
    referenceCount: 0,
    spatial: 0,
  });
  const { structure: kept } = descriptor;
  expect(kept).toMatchObject({ templates: 4, targets: 2, maxSpatial: 1, maxTemporal: 0, sizes: 2 });
  expect([...kept.targetSpatial.subarray(0, 2)]).toEqual([0, 1]);
  expect([kept.widths[1], kept.heights[1]]).toEqual([640, 360]);
  expect([descriptor.indication(0), descriptor.indication(1)]).toEqual([2, 3]);
});

test('templates say layer and references; a descriptor may say them itself', () => {
  const descriptor = new DependencyDescriptor();
  parsed(descriptor, keyframe);
  expect(parsed(descriptor, short(1, 12, 703))).toBe(true);
  expect(descriptor).toMatchObject({ startsFrame: false, endsFrame: true, spatial: 1, referenceCount: 2 });
  expect([...descriptor.references.subarray(0, 2)]).toEqual([2, 1]);
  expect([descriptor.indication(0), descriptor.indication(1)]).toEqual([0, 2]);
  // Own targets, indications and references: active 01, then 1 and 3, then 12 bits of 300.
  const own = new BitWriter().put(3, 2).put(11, 6).put(704, 16).put(0b01110, 5);
  own.put(1, 2).put(0b0111, 4).put(3, 2).put(299, 12).put(0, 2);
  expect(parsed(descriptor, own.bytes())).toBe(true);
  expect(descriptor).toMatchObject({ activeTargets: 1, referenceCount: 1, hasOwnIndications: true });
  expect(descriptor.references[0]).toBe(300);
  expect([descriptor.indication(0), descriptor.indication(1)]).toEqual([1, 3]);
});

test('an unknown template, a descriptor cut off and an older structure are refused', () => {
  const descriptor = new DependencyDescriptor();
  expect(parsed(descriptor, keyframe.subarray(0, 9), 5)).toBe(false);
  expect(parsed(descriptor, keyframe, 10)).toBe(true);
  expect(parsed(descriptor, short(3, 13, 701), 11)).toBe(false);
  expect(parsed(descriptor, Uint8Array.of(0xc9, 1), 11)).toBe(false);
  expect(parsed(descriptor, keyframe, 9)).toBe(false);
  expect(descriptor.structure.templates).toBe(4);
});
