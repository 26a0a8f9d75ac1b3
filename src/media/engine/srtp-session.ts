import type { Rejection } from '#src/core/engine.ts';
import type { SrtpKeys } from '#src/core/plane.ts';
import { readUint16, readUint32 } from '#src/rtp/bytes.ts';
import { RtpHeader } from '#src/rtp/header.ts';
import { sequenceDistance } from '#src/rtp/sequence.ts';
import { CmCipher } from './cm-cipher.ts';
import { GcmCipher } from './gcm-cipher.ts';
import { srtcpEncryptedFlag, type PacketCipher } from './packet-cipher.ts';
import { ReplayWindow } from './replay-window.ts';
import { deriveSessionKeys } from './srtp-kdf.ts';

/** Contexts a peer may open by sending authentic packets under new SSRCs: four layers with RTX, audio, and restarts. */
const maxIncomingSsrcs = 64;
/** Our own SSRCs towards one peer: media and RTX of two tracks, doubled for safety. Beyond it, something is broken. */
const maxOutgoingSsrcs = 64;
const srtcpIndexMask = 0x7fffffff;
const minRtcpBytes = 8;

/** Filled again for every packet that comes in. */
const header = new RtpHeader();

interface IncomingSsrc {
  readonly rtp: ReplayWindow;
  readonly rtcp: ReplayWindow;
}

/** SRTP and SRTCP of one peer, both directions (RFC 3711): the only owner of every rollover counter and index. */
export class SrtpSession {
  readonly #protect: PacketCipher;
  readonly #unprotect: PacketCipher;
  /** Highest 48-bit index sent, by SSRC. */
  readonly #outgoing = new Map<number, number>();
  readonly #incoming = new Map<number, IncomingSsrc>();
  #srtcpIndex = 0;

  constructor(keys: SrtpKeys) {
    this.#protect = cipherFor(keys.profile, keys.localKey, keys.localSalt);
    this.#unprotect = cipherFor(keys.profile, keys.remoteKey, keys.remoteSalt);
  }

  /** The room that {@link protectRtp} needs behind header and payload. */
  get rtpOverheadBytes(): number {
    return this.#protect.rtpOverheadBytes;
  }

  /** The room that {@link protectRtcp} needs behind the packet. */
  get rtcpOverheadBytes(): number {
    return this.#protect.rtcpOverheadBytes;
  }

  /** `out` holds the header; writes encrypted payload and tag behind it. Returns the protected length. */
  protectRtp(out: Buffer, headerBytes: number, payload: Uint8Array): number {
    const ssrc = readUint32(out, 8);
    const sequence = readUint16(out, 2);
    const highest = this.#outgoing.get(ssrc);
    if (highest === undefined && this.#outgoing.size >= maxOutgoingSsrcs) {
      throw new RangeError('more outgoing SSRCs than a session has tracks');
    }
    const index = highest === undefined ? sequence : nearestIndex(highest, sequence);
    if (highest === undefined || index > highest) this.#outgoing.set(ssrc, index);
    return this.#protect.protectRtp(out, headerBytes, payload, rolloverOf(index));
  }

  /** `out` holds a compound of `length` bytes; encrypts it in place. Returns the protected length. */
  protectRtcp(out: Buffer, length: number): number {
    this.#srtcpIndex = (this.#srtcpIndex + 1) & srtcpIndexMask;
    return this.#protect.protectRtcp(out, length, this.#srtcpIndex);
  }

  /** Decrypts in place. The plain length, or why not. State is kept only for packets that were authentic. */
  unprotectRtp(packet: Uint8Array): number | Rejection {
    if (!header.parseHeader(packet)) return 'malformed';
    const { ssrc, sequence, headerBytes } = header;
    const known = this.#incoming.get(ssrc);
    if (known === undefined && this.#incoming.size >= maxIncomingSsrcs) return 'ssrc-limit';
    const highest = known === undefined ? -1 : known.rtp.highest;
    const index = highest < 0 ? sequence : nearestIndex(highest, sequence);
    if (known !== undefined && !known.rtp.accepts(index)) return 'srtp-replay';
    const length = this.#unprotect.unprotectRtp(packet, headerBytes, rolloverOf(index));
    if (length >= 0) {
      (known ?? this.#open(ssrc)).rtp.record(index);
      return length;
    }
    return highest < 0 && sequence < 0x8000 ? this.#unprotectSecondCycle(packet) : 'srtp-auth';
  }

  /** Decrypts in place. The plain length, or why not. */
  unprotectRtcp(packet: Uint8Array): number | Rejection {
    const indexAt = this.#unprotect.srtcpIndexAt(packet.length);
    if (indexAt < minRtcpBytes) return 'malformed';
    const indexWord = readUint32(packet, indexAt);
    // WebRTC never negotiates clear SRTCP (RFC 8834 section 7.1 asks for encryption), so a clear packet is none of ours.
    if ((indexWord & srtcpEncryptedFlag) === 0) return 'malformed';
    const index = indexWord & srtcpIndexMask;
    const ssrc = readUint32(packet, 4);
    const known = this.#incoming.get(ssrc);
    if (known === undefined && this.#incoming.size >= maxIncomingSsrcs) return 'ssrc-limit';
    if (known !== undefined && !known.rtcp.accepts(index)) return 'srtp-replay';
    const length = this.#unprotect.unprotectRtcp(packet, index);
    if (length < 0) return 'srtp-auth';
    (known ?? this.#open(ssrc)).rtcp.record(index);
    return length;
  }

  /**
   * Some senders begin anywhere, also just below 2^16. When what they send before the rollover is lost (or comes before the
   * keys do), every later packet belongs to the second cycle, and taking it for the first would refuse them all for good.
   */
  #unprotectSecondCycle(packet: Uint8Array): number | Rejection {
    const { ssrc, sequence, headerBytes } = header;
    const length = this.#unprotect.unprotectRtp(packet, headerBytes, 1);
    if (length < 0) return 'srtp-auth';
    // Its reports may have come first.
    (this.#incoming.get(ssrc) ?? this.#open(ssrc)).rtp.record(0x10000 + sequence);
    return length;
  }

  #open(ssrc: number): IncomingSsrc {
    const opened = { rtp: new ReplayWindow(), rtcp: new ReplayWindow() };
    this.#incoming.set(ssrc, opened);
    return opened;
  }
}

/** The 48-bit index nearest to the highest one that ends in this sequence number (RFC 3711 section 3.3.1, appendix A). */
export function nearestIndex(highest: number, sequence: number): number {
  const index = highest + sequenceDistance(highest & 0xffff, sequence);
  // Before the first rollover there is no earlier cycle.
  return index < 0 ? index + 0x10000 : index;
}

function rolloverOf(index: number): number {
  return Math.floor(index / 0x10000) >>> 0;
}

function cipherFor(profile: SrtpKeys['profile'], key: Uint8Array, salt: Uint8Array): PacketCipher {
  const keys = deriveSessionKeys(profile, key, salt);
  return profile === 'aead-aes-128-gcm' ? new GcmCipher(keys) : new CmCipher(keys);
}
