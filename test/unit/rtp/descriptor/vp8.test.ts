import { expect, test } from 'vitest';
import { Vp8Descriptor, vp8PatchWord, writePatch } from '#src/rtp/descriptor/vp8.ts';

const descriptor = new Vp8Descriptor();

test('a descriptor without extensions says that a frame starts, and no more', () => {
  expect(descriptor.parse(Uint8Array.of(0x10, 0))).toBe(true);
  expect(descriptor).toMatchObject({ startsFrame: true, idBits: 0, tl0: -1, temporal: 0, patchBytes: 0 });
  expect(descriptor.parse(Uint8Array.of(0x11, 0))).toBe(true);
  expect(descriptor.startsFrame).toBe(false);
});

test('picture ids of both widths, TL0PICIDX, layer and sync bit', () => {
  expect(descriptor.parse(Uint8Array.of(0x90, 0xe0, 0xa1, 0x23, 0x07, 0x60, 1))).toBe(true);
  expect(descriptor).toMatchObject({ idBits: 15, pictureId: 0x2123, tl0: 7, temporal: 1, layerSync: true });
  expect([descriptor.patchAt, descriptor.patchBytes]).toEqual([2, 3]);
  expect(descriptor.parse(Uint8Array.of(0x80, 0x80, 0x21, 1))).toBe(true);
  expect(descriptor).toMatchObject({ idBits: 7, pictureId: 0x21, tl0: -1, patchAt: 2, patchBytes: 1 });
  expect(descriptor.parse(Uint8Array.of(0x80, 0x40, 9, 1))).toBe(true);
  expect(descriptor).toMatchObject({ idBits: 0, tl0: 9, patchAt: 2, patchBytes: 1 });
});

test('a key index alone is no temporal layer', () => {
  expect(descriptor.parse(Uint8Array.of(0x80, 0x10, 0xff, 1))).toBe(true);
  expect(descriptor).toMatchObject({ temporal: 0, layerSync: false, patchBytes: 0 });
});

test('a descriptor with nothing behind it is none', () => {
  for (const bytes of [[], [0x10], [0x90, 0xe0, 0x81, 0x23, 0x07, 0x60]])
    expect(descriptor.parse(Uint8Array.from(bytes))).toBe(false);
});

test.each([
  { idBits: 15 as const, tl0: 7, head: [0x90, 0xc0, 0x80, 0, 0], written: [0xff, 0xfe, 7] },
  { idBits: 15 as const, tl0: -1, head: [0x90, 0x80, 0x80, 0], written: [0xff, 0xfe] },
  { idBits: 7 as const, tl0: 7, head: [0x90, 0xc0, 0, 0], written: [0x7e, 7] },
  { idBits: 7 as const, tl0: -1, head: [0x90, 0x80, 0], written: [0x7e] },
  { idBits: 0 as const, tl0: 7, head: [0x90, 0x40, 0], written: [7] },
])('a patch of $idBits bits and TL0PICIDX $tl0 stands where the descriptor has them', (of) => {
  const payload = Uint8Array.from([...of.head, 0xaa, 0xbb]);
  expect(descriptor.parse(payload)).toBe(true);
  writePatch(payload, descriptor.patchAt, descriptor.patchBytes, vp8PatchWord(of.idBits, 0x1_fffe, of.tl0));
  expect([...payload]).toEqual([...of.head.slice(0, 2), ...of.written, 0xaa, 0xbb]);
});
