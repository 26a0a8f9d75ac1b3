import type { SrtpKeys, SrtpProfile } from '#src/core/plane.ts';
import { writeUint16, writeUint32 } from '#src/rtp/bytes.ts';
import type { Addon, AddonSession } from './addon.ts';
import { addonKeys } from './native.ts';
import { SrtpSession } from './srtp-session.ts';

const profiles: readonly SrtpProfile[] = ['aead-aes-128-gcm', 'aes-128-cm-hmac-sha1-80'];
/** Over a rollover, and once back. */
const sequences = [65_533, 65_535, 0, 3, 65_534, 4];
const headerBytes = 20;
const payloadBytes = 301;
const reportBytes = 32;
const roomBytes = 32;

/**
 * Whether the addon's SRTP writes the very bytes of the TypeScript one and reads them back, in both profiles. The addon
 * calls OpenSSL functions that it declares itself: a Node with another OpenSSL would otherwise fail with a viewer.
 */
export function addonFault(addon: Addon): string | undefined {
  for (const profile of profiles) {
    const keys = keysOf(profile, 0);
    try {
      const ours = new SrtpSession(keys);
      const theirs = new addon.SrtpSession(...addonKeys(keys));
      const reader = new addon.SrtpSession(...addonKeys(keysOf(profile, 1)));
      if (!sameRtp(ours, theirs, reader)) return `the native engine's SRTP differs (${profile})`;
      if (!sameRtcp(ours, theirs, reader)) return `the native engine's SRTCP differs (${profile})`;
    } catch (error) {
      return `the native engine fails its self-test (${profile}): ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}

function sameRtp(ours: SrtpSession, theirs: AddonSession, reader: AddonSession): boolean {
  return sequences.every((sequence) => {
    const plain = plainRtp(sequence);
    const wanted = Buffer.concat([plain.subarray(0, headerBytes), Buffer.alloc(payloadBytes + roomBytes)]);
    const wantedBytes = ours.protectRtp(wanted, headerBytes, plain.subarray(headerBytes));
    const sealed = Buffer.concat([plain, Buffer.alloc(roomBytes)]);
    const sealedBytes = theirs.protectRtp(sealed, plain.length);
    if (sealedBytes !== wantedBytes || !sealed.equals(wanted)) return false;
    const packet = sealed.subarray(0, sealedBytes);
    const forged = Buffer.from(packet);
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    if (reader.unprotectRtp(forged) >= 0) return false;
    return reader.unprotectRtp(packet) === plain.length && packet.subarray(0, plain.length).equals(plain);
  });
}

function sameRtcp(ours: SrtpSession, theirs: AddonSession, reader: AddonSession): boolean {
  return [1, 2].every((filler) => {
    const plain = Buffer.alloc(reportBytes, filler);
    const wanted = Buffer.concat([plain, Buffer.alloc(roomBytes)]);
    const sealed = Buffer.from(wanted);
    const wantedBytes = ours.protectRtcp(wanted, plain.length);
    const sealedBytes = theirs.protectRtcp(sealed, plain.length);
    if (sealedBytes !== wantedBytes || !sealed.equals(wanted)) return false;
    const packet = sealed.subarray(0, sealedBytes);
    return reader.unprotectRtcp(packet) === plain.length && packet.subarray(0, plain.length).equals(plain);
  });
}

/** A packet with a header extension of one word (RFC 8285). */
function plainRtp(sequence: number): Buffer {
  const packet = Buffer.alloc(headerBytes + payloadBytes, sequence & 0xff);
  packet[0] = 0x90;
  packet[1] = 96;
  writeUint16(packet, 2, sequence);
  writeUint32(packet, 8, 0x0102_0304);
  writeUint32(packet, 12, 0xbede_0001);
  return packet;
}

/** Fixed keys of one of two peers that face each other. */
function keysOf(profile: SrtpProfile, side: 0 | 1): SrtpKeys {
  const saltBytes = profile === 'aead-aes-128-gcm' ? 12 : 14;
  const key = (of: number): Buffer => Buffer.alloc(16, 0x51 + of);
  const salt = (of: number): Buffer => Buffer.alloc(saltBytes, 0x61 + of);
  return {
    profile,
    localKey: key(side),
    localSalt: salt(side),
    remoteKey: key(1 - side),
    remoteSalt: salt(1 - side),
  };
}
