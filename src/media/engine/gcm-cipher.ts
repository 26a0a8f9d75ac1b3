import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { readUint32 } from '#src/rtp/bytes.ts';
import type { SessionKeys } from './srtp-kdf.ts';
import { rtcpClearBytes, srtcpEncryptedFlag, type PacketCipher } from './packet-cipher.ts';

const tagBytes = 16;
const indexBytes = 4;
const algorithm = 'aes-128-gcm';

/** AEAD_AES_128_GCM (RFC 7714). Key objects are made once: handing raw keys to OpenSSL triples the cost of a packet. */
export class GcmCipher implements PacketCipher {
  readonly rtpOverheadBytes = tagBytes;
  readonly rtcpOverheadBytes = tagBytes + indexBytes;
  readonly #rtpKey: KeyObject;
  readonly #rtcpKey: KeyObject;
  readonly #rtpSalt: Buffer;
  readonly #rtcpSalt: Buffer;
  readonly #iv = Buffer.alloc(12);
  readonly #rtcpAad = Buffer.alloc(rtcpClearBytes + indexBytes);

  constructor(keys: SessionKeys) {
    this.#rtpKey = createSecretKey(keys.rtp.cipherKey);
    this.#rtcpKey = createSecretKey(keys.rtcp.cipherKey);
    this.#rtpSalt = keys.rtp.salt;
    this.#rtcpSalt = keys.rtcp.salt;
  }

  protectRtp(out: Buffer, headerBytes: number, payload: Uint8Array, rollover: number): number {
    this.#rtpIv(out, rollover);
    const cipher = createCipheriv(algorithm, this.#rtpKey, this.#iv);
    cipher.setAAD(out.subarray(0, headerBytes));
    const encrypted = cipher.update(payload);
    cipher.final();
    out.set(encrypted, headerBytes);
    const end = headerBytes + encrypted.length;
    out.set(cipher.getAuthTag(), end);
    return end + tagBytes;
  }

  unprotectRtp(packet: Uint8Array, headerBytes: number, rollover: number): number {
    const end = packet.length - tagBytes;
    if (end < headerBytes) return -1;
    this.#rtpIv(packet, rollover);
    const decipher = createDecipheriv(algorithm, this.#rtpKey, this.#iv, { authTagLength: tagBytes });
    decipher.setAAD(packet.subarray(0, headerBytes));
    decipher.setAuthTag(packet.subarray(end));
    const plain = decipher.update(packet.subarray(headerBytes, end));
    if (!authentic(decipher)) return -1;
    packet.set(plain, headerBytes);
    return end;
  }

  protectRtcp(out: Buffer, length: number, index: number): number {
    const indexWord = (srtcpEncryptedFlag | index) >>> 0;
    this.#prepareRtcp(out, indexWord);
    const cipher = createCipheriv(algorithm, this.#rtcpKey, this.#iv);
    cipher.setAAD(this.#rtcpAad);
    const encrypted = cipher.update(out.subarray(rtcpClearBytes, length));
    cipher.final();
    out.set(encrypted, rtcpClearBytes);
    out.set(cipher.getAuthTag(), length);
    out.writeUInt32BE(indexWord, length + tagBytes);
    return length + tagBytes + indexBytes;
  }

  unprotectRtcp(packet: Uint8Array, index: number): number {
    const end = packet.length - tagBytes - indexBytes;
    if (end < rtcpClearBytes) return -1;
    this.#prepareRtcp(packet, (srtcpEncryptedFlag | index) >>> 0);
    const decipher = createDecipheriv(algorithm, this.#rtcpKey, this.#iv, { authTagLength: tagBytes });
    decipher.setAAD(this.#rtcpAad);
    decipher.setAuthTag(packet.subarray(end, end + tagBytes));
    const plain = decipher.update(packet.subarray(rtcpClearBytes, end));
    if (!authentic(decipher)) return -1;
    packet.set(plain, rtcpClearBytes);
    return end;
  }

  srtcpIndexAt(length: number): number {
    return length - indexBytes;
  }

  /** RFC 7714 section 8.1: zero, SSRC, rollover counter, sequence number; XORed with the salt. */
  #rtpIv(packet: Uint8Array, rollover: number): void {
    const iv = this.#iv;
    iv.fill(0, 0, 2);
    iv.writeUInt32BE(readUint32(packet, 8), 2);
    iv.writeUInt32BE(rollover, 6);
    iv[10] = packet[2] ?? 0;
    iv[11] = packet[3] ?? 0;
    xorInto(iv, this.#rtpSalt);
  }

  /** RFC 7714 section 9.1 and 9.2: IV from SSRC and index; associated data is the clear header and the index word. */
  #prepareRtcp(packet: Uint8Array, indexWord: number): void {
    const iv = this.#iv;
    iv.fill(0);
    iv.writeUInt32BE(readUint32(packet, 4), 2);
    iv.writeUInt32BE((indexWord & ~srtcpEncryptedFlag) >>> 0, 8);
    xorInto(iv, this.#rtcpSalt);
    this.#rtcpAad.set(packet.subarray(0, rtcpClearBytes));
    this.#rtcpAad.writeUInt32BE(indexWord, rtcpClearBytes);
  }
}

/** OpenSSL tells a wrong tag only by throwing from final(); that is an answer here and not an error. */
function authentic(decipher: { final(): Buffer }): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

function xorInto(target: Buffer, other: Buffer): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) ^ (other[i] ?? 0);
}
