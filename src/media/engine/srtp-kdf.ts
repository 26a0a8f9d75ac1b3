import { createCipheriv } from 'node:crypto';
import type { SrtpProfile } from '#src/core/plane.ts';

/** Session keys of one direction and one protocol (SRTP or SRTCP). `authKey` is empty for an AEAD profile. */
export interface SessionKeySet {
  readonly cipherKey: Buffer;
  readonly authKey: Buffer;
  readonly salt: Buffer;
}

/** What one master key turns into (RFC 3711 section 4.3). */
export interface SessionKeys {
  readonly rtp: SessionKeySet;
  readonly rtcp: SessionKeySet;
}

const cipherKeyBytes = 16;
const authKeyBytes = 20;

/** Master and session salts are 112 bits for AES-CM (RFC 3711) and 96 bits for AES-GCM (RFC 7714 section 12). */
export function saltBytesOf(profile: SrtpProfile): 12 | 14 {
  return profile === 'aead-aes-128-gcm' ? 12 : 14;
}

/**
 * The AES-CM key derivation of RFC 3711 section 4.3.3 with a key derivation rate of 0. A 96-bit GCM salt counts as
 * 112 bits with zeros on the right (RFC 7714 section 11).
 */
export function deriveSessionKeys(
  profile: SrtpProfile,
  masterKey: Uint8Array,
  masterSalt: Uint8Array,
): SessionKeys {
  if (masterKey.length !== cipherKeyBytes)
    throw new RangeError(`SRTP master key of ${masterKey.length} bytes`);
  const saltBytes = saltBytesOf(profile);
  if (masterSalt.length !== saltBytes) throw new RangeError(`SRTP master salt of ${masterSalt.length} bytes`);
  const authBytes = profile === 'aead-aes-128-gcm' ? 0 : authKeyBytes;
  const derive = (label: number, length: number): Buffer => {
    const counter = Buffer.alloc(16);
    counter.set(masterSalt);
    counter[7] = (counter[7] ?? 0) ^ label;
    return createCipheriv('aes-128-ctr', masterKey, counter).update(Buffer.alloc(length));
  };
  const keySet = (firstLabel: number): SessionKeySet => ({
    cipherKey: derive(firstLabel, cipherKeyBytes),
    authKey: derive(firstLabel + 1, authBytes),
    salt: derive(firstLabel + 2, saltBytes),
  });
  return { rtp: keySet(0), rtcp: keySet(3) };
}
