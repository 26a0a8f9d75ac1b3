import { noBytes, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts';

/** Bytes of an RTP header without CSRCs and extension (RFC 3550 section 5.1). */
export const rtpFixedHeaderBytes = 12;

/** What a datagram on the one media port may be. */
export type DatagramClass = 'stun' | 'dtls' | 'rtp' | 'rtcp';

/** Tells by the first two bytes what a datagram is (RFC 7983 section 7, RFC 5761 section 4); undefined is dropped. */
export function classify(datagram: Uint8Array): DatagramClass | undefined {
  const first = datagram[0];
  if (first === undefined) return undefined;
  if (first < 4) return 'stun';
  if (first >= 20 && first < 64) return 'dtls';
  if (first < 128 || first >= 192) return undefined;
  if (isRtcp(datagram)) return datagram.length >= 8 ? 'rtcp' : undefined;
  return datagram.length >= rtpFixedHeaderBytes ? 'rtp' : undefined;
}

/** Whether a packet of version 2 is RTCP rather than RTP on a multiplexed port (RFC 5761 section 4). */
export function isRtcp(packet: Uint8Array): boolean {
  const second = packet[1] ?? 0;
  return second >= 192 && second < 224;
}

/** The fields that {@link writeRtpHeader} puts on the wire. */
export interface RtpHeaderFields {
  readonly payloadType: number;
  readonly marker: boolean;
  /** Only the low 16 bits are written. */
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

/**
 * One RTP header, parsed in place (RFC 3550 section 5.1, RFC 8285 section 4). Made once and filled again for every
 * packet, so that parsing allocates nothing; the fields mean nothing after a parse that returned false.
 */
export class RtpHeader implements RtpHeaderFields {
  payloadType = 0;
  marker = false;
  sequence = 0;
  timestamp = 0;
  ssrc = 0;
  csrcCount = 0;
  /** Where the payload begins. */
  headerBytes = 0;
  /** Padding at the end, its count byte included. */
  paddingBytes = 0;
  /** Bytes between header and padding. */
  payloadBytes = 0;
  /** "Defined by profile" word of the header extension, or 0 when there is none. */
  extensionProfile = 0;
  /** Where the extension's elements begin, behind profile and length. */
  extensionOffset = 0;
  /** Bytes of the extension's elements. */
  extensionBytes = 0;
  hasExtension = false;

  /** Parses a plain packet, padding included; false when it is not a well-formed RTP packet. */
  parse(packet: Uint8Array): boolean {
    if (!this.parseHeader(packet)) return false;
    if (((packet[0] ?? 0) & 0x20) === 0) return true;
    const padding = packet[packet.length - 1] ?? 0;
    if (padding === 0 || padding > this.payloadBytes) return false;
    this.paddingBytes = padding;
    this.payloadBytes -= padding;
    return true;
  }

  /** Parses only what SRTP leaves in the clear: the padding count is still encrypted then and is not looked at. */
  parseHeader(packet: Uint8Array): boolean {
    const first = packet[0] ?? 0;
    const second = packet[1] ?? 0;
    if (packet.length < rtpFixedHeaderBytes || first >>> 6 !== 2) return false;
    this.payloadType = second & 0x7f;
    this.marker = (second & 0x80) !== 0;
    this.sequence = readUint16(packet, 2);
    this.timestamp = readUint32(packet, 4);
    this.ssrc = readUint32(packet, 8);
    this.csrcCount = first & 0x0f;
    this.paddingBytes = 0;
    let end = rtpFixedHeaderBytes + 4 * this.csrcCount;
    this.hasExtension = (first & 0x10) !== 0;
    this.extensionProfile = 0;
    this.extensionOffset = 0;
    this.extensionBytes = 0;
    if (this.hasExtension) {
      if (end + 4 > packet.length) return false;
      this.extensionProfile = readUint16(packet, end);
      this.extensionOffset = end + 4;
      this.extensionBytes = 4 * readUint16(packet, end + 2);
      end = this.extensionOffset + this.extensionBytes;
    }
    this.headerBytes = end;
    this.payloadBytes = packet.length - end;
    return end <= packet.length;
  }

  /** A view of the payload, without padding. */
  payload(packet: Uint8Array): Uint8Array {
    return this.payloadBytes === 0
      ? noBytes
      : packet.subarray(this.headerBytes, this.headerBytes + this.payloadBytes);
  }

  /** A view of the complete extension block (profile, length and elements); empty when there is none. */
  extensionBlock(packet: Uint8Array): Uint8Array {
    if (!this.hasExtension) return noBytes;
    return packet.subarray(this.extensionOffset - 4, this.extensionOffset + this.extensionBytes);
  }
}

/**
 * Writes a header without CSRCs, followed by a complete extension block (profile, length, elements; empty for none), and
 * returns its length. The target must have room for 12 bytes and the block.
 */
export function writeRtpHeader(into: Uint8Array, fields: RtpHeaderFields, extensions: Uint8Array): number {
  into[0] = extensions.length > 0 ? 0x90 : 0x80;
  into[1] = (fields.marker ? 0x80 : 0) | (fields.payloadType & 0x7f);
  writeUint16(into, 2, fields.sequence);
  writeUint32(into, 4, fields.timestamp);
  writeUint32(into, 8, fields.ssrc);
  into.set(extensions, rtpFixedHeaderBytes);
  return rtpFixedHeaderBytes + extensions.length;
}
