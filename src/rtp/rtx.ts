import { readUint16, writeUint16 } from './bytes.ts';
import { writeRtpHeader } from './header.ts';
import type { RtpHeader, RtpHeaderFields } from './header.ts';

/** A retransmission to be written: its own header fields, and what it carries of the original packet. */
export interface RtxPacket {
  /** Payload type, SSRC and sequence of the retransmission stream; timestamp and marker of the original. */
  readonly header: RtpHeaderFields;
  /** 16-bit sequence number under which the receiver knows the original. */
  readonly originalSequence: number;
  /** Complete extension block, empty for none. */
  readonly extensions: Uint8Array;
  readonly payload: Uint8Array;
}

/**
 * Writes a retransmission packet (RFC 4588 section 4) and returns its length, or 0 when the target is too small.
 */
export function wrapRtx(into: Uint8Array, packet: RtxPacket): number {
  if (into.length < 12 + packet.extensions.length + 2 + packet.payload.length) return 0;
  const at = writeRtpHeader(into, packet.header, packet.extensions);
  writeUint16(into, at, packet.originalSequence);
  into.set(packet.payload, at + 2);
  return at + 2 + packet.payload.length;
}

/**
 * Turns the parsed header of a retransmission into that of the original packet, in place: its payload then begins behind the
 * original sequence number. False for a packet that carries nothing, which senders use as a bandwidth probe.
 */
export function unwrapRtx(
  packet: Uint8Array,
  header: RtpHeader,
  original: { ssrc: number; payloadType: number },
): boolean {
  if (header.payloadBytes <= 2) return false;
  header.sequence = readUint16(packet, header.headerBytes);
  header.ssrc = original.ssrc;
  header.payloadType = original.payloadType;
  header.headerBytes += 2;
  header.payloadBytes -= 2;
  return true;
}
