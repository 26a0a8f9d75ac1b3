import { describe, expect, it } from 'vitest';
import { GcmCipher } from '#src/media/engine/gcm-cipher.ts';
import { CmCipher } from '#src/media/engine/cm-cipher.ts';
import { nearestIndex } from '#src/media/engine/srtp-session.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('nearestIndex', () => {
  it('takes the cycle that is nearest to the highest index', () => {
    expect(nearestIndex(65_535, 0)).toBe(65_536);
    expect(nearestIndex(65_536, 65_535)).toBe(65_535);
    expect(nearestIndex(65_536 + 100, 225)).toBe(65_536 + 225);
    expect(nearestIndex(0x50000 + 0x8000, 1)).toBe(0x50001);
    // There is no cycle before the first.
    expect(nearestIndex(5, 65_530)).toBe(65_530);
  });
});

describe('GcmCipher', () => {
  // RFC 7714 section 16.1.1 and 17.1: session keys are given there, so no derivation.
  const key = hex('000102030405060708090a0b0c0d0e0f');
  const salt = hex('517569642070726f2071756f');
  const keySet = { cipherKey: key, authKey: Buffer.alloc(0), salt };
  const cipher = (): GcmCipher => new GcmCipher({ rtp: keySet, rtcp: keySet });
  const plain = hex(
    '8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573',
  );
  const sealed = hex(
    '8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce',
  );

  it('seals and opens the SRTP packet of RFC 7714', () => {
    const out = Buffer.alloc(128);
    out.set(plain.subarray(0, 12));
    const length = cipher().protectRtp(out, 12, plain.subarray(12), 0);
    expect(out.subarray(0, length)).toEqual(sealed);
    const packet = Buffer.from(sealed);
    expect(cipher().unprotectRtp(packet, 12, 0)).toBe(plain.length);
    expect(packet.subarray(0, plain.length)).toEqual(plain);
  });

  it('leaves a forged packet unchanged', () => {
    const forged = Buffer.from(sealed);
    forged[20] = (forged[20] ?? 0) ^ 1;
    const before = Buffer.from(forged);
    expect(cipher().unprotectRtp(forged, 12, 0)).toBe(-1);
    expect(forged).toEqual(before);
    expect(cipher().unprotectRtp(Buffer.from(sealed), 12, 1)).toBe(-1);
    expect(cipher().unprotectRtp(sealed.subarray(0, 20), 12, 0)).toBe(-1);
  });
});

describe('CmCipher', () => {
  it('makes the key stream of RFC 3711 appendix B.2', () => {
    const keySet = {
      cipherKey: hex('2B7E151628AED2A6ABF7158809CF4F3C'),
      authKey: Buffer.alloc(20),
      salt: hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
    };
    const cipher = new CmCipher({ rtp: keySet, rtcp: keySet });
    const out = Buffer.alloc(128);
    out[0] = 0x80;
    // SSRC 0, index 0: encrypting zeros shows the key stream.
    cipher.protectRtp(out, 12, Buffer.alloc(48), 0);
    expect(out.subarray(12, 60)).toEqual(
      hex(
        'E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0',
      ),
    );
  });
});
