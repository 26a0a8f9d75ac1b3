import { createCipheriv, hash, type Cipheriv } from 'node:crypto';
import { readUint32 } from '#src/rtp/bytes.ts';
import type { SessionKeySet, SessionKeys } from './srtp-kdf.ts';
import { rtcpClearBytes, srtcpEncryptedFlag, type PacketCipher } from './packet-cipher.ts';

const tagBytes = 10;
const indexBytes = 4;
const blockBytes = 16;
/** HMAC works on SHA-1's block of 64 bytes (RFC 2104). */
const padBytes = 64;
const digestBytes = 20;
/** The largest packet this cipher works on: beyond any UDP path's MTU, so that buffers are made once. */
const maxPacketBytes = 4096;

// Shared by all ciphers of the thread: nothing in here outlives one call.
const counterBlocks = Buffer.alloc(maxPacketBytes);
const keystreamWords = new Uint32Array(maxPacketBytes / 4);
const keystreamBytes = new Uint8Array(keystreamWords.buffer);
const payloadWords = new Uint32Array(maxPacketBytes / 4);
const payloadBytes = new Uint8Array(payloadWords.buffer);
const inner = Buffer.alloc(padBytes + maxPacketBytes + indexBytes);
const outer = Buffer.alloc(padBytes + digestBytes);

/** AES_CM_128_HMAC_SHA1_80 (RFC 3711 sections 4.1.1 and 4.2.1). */
export class CmCipher implements PacketCipher {
  readonly rtpOverheadBytes = tagBytes;
  readonly rtcpOverheadBytes = tagBytes + indexBytes;
  readonly #rtp: Keystream;
  readonly #rtcp: Keystream;
  readonly #rtpAuth: HmacSha1;
  readonly #rtcpAuth: HmacSha1;

  constructor(keys: SessionKeys) {
    this.#rtp = new Keystream(keys.rtp);
    this.#rtcp = new Keystream(keys.rtcp);
    this.#rtpAuth = new HmacSha1(keys.rtp.authKey);
    this.#rtcpAuth = new HmacSha1(keys.rtcp.authKey);
  }

  protectRtp(out: Buffer, headerBytes: number, payload: Uint8Array, rollover: number): number {
    const sequence = ((out[2] ?? 0) << 8) | (out[3] ?? 0);
    this.#rtp.apply(payload, { ssrc: readUint32(out, 8), indexHigh: rollover, indexLow: sequence });
    const end = headerBytes + payload.length;
    out.set(payloadBytes.subarray(0, payload.length), headerBytes);
    out.set(this.#rtpAuth.digest(out, end, rollover).subarray(0, tagBytes), end);
    return end + tagBytes;
  }

  unprotectRtp(packet: Uint8Array, headerBytes: number, rollover: number): number {
    const end = packet.length - tagBytes;
    if (end < headerBytes || packet.length > maxPacketBytes) return -1;
    if (!equalTag(this.#rtpAuth.digest(packet, end, rollover), packet, end)) return -1;
    const sequence = ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
    const payload = packet.subarray(headerBytes, end);
    this.#rtp.apply(payload, { ssrc: readUint32(packet, 8), indexHigh: rollover, indexLow: sequence });
    payload.set(payloadBytes.subarray(0, payload.length));
    return end;
  }

  protectRtcp(out: Buffer, length: number, index: number): number {
    const body = out.subarray(rtcpClearBytes, length);
    this.#rtcp.apply(body, { ssrc: readUint32(out, 4), indexHigh: index >>> 16, indexLow: index & 0xffff });
    body.set(payloadBytes.subarray(0, body.length));
    const indexWord = (srtcpEncryptedFlag | index) >>> 0;
    out.writeUInt32BE(indexWord, length);
    // The index word is authenticated in the place where SRTP has its rollover counter (RFC 3711 section 4.2).
    out.set(this.#rtcpAuth.digest(out, length, indexWord).subarray(0, tagBytes), length + indexBytes);
    return length + indexBytes + tagBytes;
  }

  unprotectRtcp(packet: Uint8Array, index: number): number {
    const end = packet.length - tagBytes - indexBytes;
    if (end < rtcpClearBytes || packet.length > maxPacketBytes) return -1;
    const digest = this.#rtcpAuth.digest(packet, end, (srtcpEncryptedFlag | index) >>> 0);
    if (!equalTag(digest, packet, end + indexBytes)) return -1;
    const body = packet.subarray(rtcpClearBytes, end);
    this.#rtcp.apply(body, {
      ssrc: readUint32(packet, 4),
      indexHigh: index >>> 16,
      indexLow: index & 0xffff,
    });
    body.set(payloadBytes.subarray(0, body.length));
    return end;
  }

  srtcpIndexAt(length: number): number {
    return length - tagBytes - indexBytes;
  }
}

/** What the counter of RFC 3711 section 4.1.1 is made of: the 48-bit index comes in a high 32 and a low 16 bit part. */
interface PacketIndex {
  readonly ssrc: number;
  readonly indexHigh: number;
  readonly indexLow: number;
}

/**
 * AES in counter mode, made of one AES-ECB cipher that lives as long as the session and counter blocks written here:
 * a fresh CTR cipher for each packet costs twice as much.
 */
class Keystream {
  readonly #aes: Cipheriv;
  readonly #salt: Buffer;
  readonly #counter = Buffer.alloc(blockBytes);

  constructor(keys: SessionKeySet) {
    this.#aes = createCipheriv('aes-128-ecb', keys.cipherKey, null);
    this.#aes.setAutoPadding(false);
    this.#salt = keys.salt;
  }

  /** Leaves `input` XOR keystream in the shared `payloadBytes`. */
  apply(input: Uint8Array, index: PacketIndex): void {
    const counter = this.#counter;
    counter.fill(0);
    counter.set(this.#salt);
    counter.writeUInt32BE((counter.readUInt32BE(4) ^ index.ssrc) >>> 0, 4);
    counter.writeUInt32BE((counter.readUInt32BE(8) ^ index.indexHigh) >>> 0, 8);
    counter.writeUInt16BE(counter.readUInt16BE(12) ^ index.indexLow, 12);
    const blocks = Math.ceil(input.length / blockBytes);
    for (let block = 0; block < blocks; block++) {
      const at = block * blockBytes;
      counterBlocks.set(counter, at);
      counterBlocks[at + 14] = block >>> 8;
      counterBlocks[at + 15] = block & 0xff;
    }
    keystreamBytes.set(this.#aes.update(counterBlocks.subarray(0, blocks * blockBytes)));
    payloadBytes.set(input);
    const words = (input.length + 3) >>> 2;
    for (let i = 0; i < words; i++) payloadWords[i] = (payloadWords[i] ?? 0) ^ (keystreamWords[i] ?? 0);
  }
}

/** HMAC-SHA1 as two one-shot hashes (RFC 2104), half the cost of an HMAC object for each packet. */
class HmacSha1 {
  readonly #innerPad = Buffer.alloc(padBytes, 0x36);
  readonly #outerPad = Buffer.alloc(padBytes, 0x5c);

  constructor(key: Uint8Array) {
    for (let i = 0; i < key.length; i++) {
      this.#innerPad[i] = 0x36 ^ (key[i] ?? 0);
      this.#outerPad[i] = 0x5c ^ (key[i] ?? 0);
    }
  }

  /** Digest of the packet's first `length` bytes followed by one 32-bit word. */
  digest(packet: Uint8Array, length: number, word: number): Uint8Array {
    inner.set(this.#innerPad);
    inner.set(length === packet.length ? packet : packet.subarray(0, length), padBytes);
    inner.writeUInt32BE(word, padBytes + length);
    outer.set(this.#outerPad);
    outer.set(hash('sha1', inner.subarray(0, padBytes + length + 4), 'buffer'), padBytes);
    return hash('sha1', outer, 'buffer');
  }
}

/** Constant time, so that the tag cannot be guessed byte by byte. */
function equalTag(digest: Uint8Array, packet: Uint8Array, at: number): boolean {
  let difference = 0;
  for (let i = 0; i < tagBytes; i++) difference |= (digest[i] ?? 0) ^ (packet[at + i] ?? 0);
  return difference === 0;
}
