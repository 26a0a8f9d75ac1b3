import { createHash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a text; what is kept of a stream key. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Whether a digest is the one that a setting holds in hexadecimal, in a time that tells nothing about it. */
export function sameDigest(digest: Buffer, hex: string): boolean {
  const kept = Buffer.from(hex, 'hex');
  return kept.length === digest.length && timingSafeEqual(kept, digest);
}

/** A short name of a secret that does not lead back to it: the same secret has the same name. */
export function fingerprint(secret: string | Buffer): string {
  return createHash('sha256').update('frontrow fingerprint ').update(secret).digest('base64url').slice(0, 22);
}
