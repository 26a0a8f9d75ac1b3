import { readUint16 } from '#src/rtp/bytes.ts';

const stapA = 24;
const fuA = 28;

/** A NAL unit, or the beginning of one: its header byte and where its content is. */
export type NalVisitor = (header: number, bytes: Uint8Array, bodyAt: number) => void;

/** Shows every NAL unit that begins in an H.264 payload (RFC 6184 section 5.4, 5.7.1 and 5.8); the rest of fragments is nothing to it. */
export function visitNalUnits(payload: Uint8Array, visit: NalVisitor): void {
  const first = payload[0] ?? 0;
  const structure = first & 31;
  if (structure === fuA) {
    const fragment = payload[1] ?? 0;
    if ((fragment & 0x80) !== 0) visit((first & 0xe0) | (fragment & 31), payload, 2);
  } else if (structure === stapA) {
    for (let at = 1; at + 2 < payload.length;) {
      const end = at + 2 + readUint16(payload, at);
      visit(payload[at + 2] ?? 0, payload.subarray(0, end), at + 3);
      at = end;
    }
  } else if (structure > 0 && structure < stapA) visit(first, payload, 1);
}
