import { RewriteTable, type EnginePeer, type FanoutPacket, type MediaEngine } from '#src/core/engine.ts';

/** SSRC of most stories. */
export const ssrc = 0x1234abcd;

/** One viewer's copy, in words. */
export interface Rewrite {
  readonly peer: EnginePeer;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly transport?: number;
  readonly patch?: number;
}

/** Fans a packet out and has it sent. */
export function send(engine: MediaEngine, packet: Partial<FanoutPacket>, rewrites: readonly Rewrite[]): void {
  const table = new RewriteTable();
  for (const { peer, ssrc, payloadType, sequence, timestamp, transport, patch } of rewrites) {
    table.add(peer, ssrc, (payloadType << 16) | sequence, timestamp);
    if (transport !== undefined) table.setTransport(transport);
    if (patch !== undefined) table.setPatch(patch);
  }
  const plain = { marker: false, payload: Buffer.alloc(0), extensions: Buffer.alloc(0) };
  engine.fanout({ ...plain, transportAt: 0, patchAt: 0, patchBytes: 0, ...packet }, table);
  engine.flush();
}

/** A copy with the SSRC and payload type of most stories. */
export function rewriteOf(
  peer: EnginePeer,
  fields: { readonly sequence: number; readonly timestamp: number; readonly ssrc?: number },
): Rewrite {
  return { peer, ssrc, payloadType: 96, ...fields };
}

/** The plain packet that a viewer's copy is. */
export function plainPacket(
  rewrite: Rewrite,
  packet: { readonly marker: boolean; readonly payload: Buffer; readonly extensions: Buffer },
): Buffer {
  const header = Buffer.alloc(12);
  header[0] = packet.extensions.length > 0 ? 0x90 : 0x80;
  header[1] = (packet.marker ? 0x80 : 0) | rewrite.payloadType;
  header.writeUInt16BE(rewrite.sequence, 2);
  header.writeUInt32BE(rewrite.timestamp, 4);
  header.writeUInt32BE(rewrite.ssrc, 8);
  return Buffer.concat([header, packet.extensions, packet.payload]);
}
