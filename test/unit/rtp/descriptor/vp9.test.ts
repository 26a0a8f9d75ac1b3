import { expect, test } from 'vitest';
import { Vp9LayerDescriptor } from '#src/rtp/descriptor/vp9.ts';

const descriptor = new Vp9LayerDescriptor();

test('flexible mode names its references', () => {
  // I P L F B; 15-bit picture id; T1 U S2 D; two references.
  expect(descriptor.parse(Uint8Array.of(0xf8, 0x81, 0x02, 0x35, 0x03, 0x08, 1))).toBe(true);
  expect(descriptor).toMatchObject({
    startsFrame: true,
    endsFrame: false,
    interPredicted: true,
    flexible: true,
    pictureIdBits: 15,
    pictureId: 0x102,
    temporal: 1,
    switchingUp: true,
    spatial: 2,
    referenceCount: 2,
  });
  expect([...descriptor.references.subarray(0, 2)]).toEqual([1, 4]);
});

test('without it, TL0PICIDX follows the layers, and a structure tells sizes', () => {
  // I L B E V; 7-bit id; T0 S0; tl0; N_S 1, Y, G; two sizes; one picture with one reference.
  const payload = [0xae, 0x21, 0x00, 0x09, 0x38, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 1, 0x04, 1];
  expect(descriptor.parse(Uint8Array.from([...payload, 0x82]))).toBe(true);
  expect(descriptor).toMatchObject({ endsFrame: true, pictureIdBits: 7, pictureId: 0x21, sizes: 2 });
  expect([...descriptor.widths.subarray(0, 2)]).toEqual([320, 640]);
  expect([...descriptor.heights.subarray(0, 2)]).toEqual([180, 360]);
  expect(descriptor.parse(Uint8Array.from(payload))).toBe(false);
});

test('a stream without layer indices has one layer', () => {
  expect(descriptor.parse(Uint8Array.of(0x0c, 0x82))).toBe(true);
  expect(descriptor).toMatchObject({ hasPictureId: false, spatial: 0, temporal: 0, switchingUp: false });
});

test('a structure that is cut off leaves no sizes', () => {
  expect(descriptor.parse(Uint8Array.of(0x0a, 0xf0, 1, 2, 3))).toBe(false);
  expect(descriptor.sizes).toBe(0);
});
