/**
 * One direction's transform of an SRTP profile: given the packet index, it encrypts and authenticates. It keeps no index
 * and no window; srtp-session.ts does.
 */
export interface PacketCipher {
  /** Bytes that protection adds to an RTP packet. */
  readonly rtpOverheadBytes: number;
  /** Bytes that protection adds to an RTCP packet, the index word included. */
  readonly rtcpOverheadBytes: number;
  /**
   * `out` already holds the `headerBytes` of the RTP header and has room for payload and overhead; the encrypted payload
   * and the tag are written behind it. Returns the protected length.
   */
  protectRtp(out: Buffer, headerBytes: number, payload: Uint8Array, rollover: number): number;
  /** Decrypts in place; the plain length, or -1 when the tag is wrong (then the packet is unchanged). */
  unprotectRtp(packet: Uint8Array, headerBytes: number, rollover: number): number;
  /** `out` holds a plain compound of `length` bytes and has room behind. Returns the protected length. */
  protectRtcp(out: Buffer, length: number, index: number): number;
  /** Decrypts in place; the plain length, or -1 when the tag is wrong. The caller read `index` with {@link srtcpIndexAt}. */
  unprotectRtcp(packet: Uint8Array, index: number): number;
  /** Where the word with the E flag and the 31-bit SRTCP index begins in a protected packet of this length. */
  srtcpIndexAt(length: number): number;
}

/** The fixed part of an RTCP packet that stays in the clear: header and sender SSRC (RFC 3711 section 3.4). */
export const rtcpClearBytes = 8;

/** The E flag of the SRTCP index word: this packet is encrypted. */
export const srtcpEncryptedFlag = 0x80000000;
