import { describe, expect, it } from 'vitest';
import { deriveSessionKeys } from '#src/media/engine/srtp-kdf.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('deriveSessionKeys', () => {
  it('gives the keys of RFC 3711 appendix B.3', () => {
    const keys = deriveSessionKeys(
      'aes-128-cm-hmac-sha1-80',
      hex('E1F97A0D3E018BE0D64FA32C06DE4139'),
      hex('0EC675AD498AFEEBB6960B3AABE6'),
    );
    expect(keys.rtp.cipherKey).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
    expect(keys.rtp.salt).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
    expect(keys.rtp.authKey).toEqual(hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
  });

  it('gives no authentication key and a salt of 96 bits for GCM', () => {
    const keys = deriveSessionKeys('aead-aes-128-gcm', Buffer.alloc(16, 7), Buffer.alloc(12, 9));
    expect([keys.rtp.cipherKey.length, keys.rtp.authKey.length, keys.rtp.salt.length]).toEqual([16, 0, 12]);
    expect(keys.rtcp.cipherKey).not.toEqual(keys.rtp.cipherKey);
  });

  it('refuses a key or a salt of the wrong length', () => {
    expect(() => deriveSessionKeys('aead-aes-128-gcm', Buffer.alloc(15), Buffer.alloc(12))).toThrow(
      RangeError,
    );
    expect(() => deriveSessionKeys('aead-aes-128-gcm', Buffer.alloc(16), Buffer.alloc(14))).toThrow(
      RangeError,
    );
  });
});
