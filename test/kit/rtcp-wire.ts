/** Seconds between 1900 and 1970. */
const ntpEpochSeconds = 2_208_988_800;

/** What a sender report tells (RFC 3550 section 6.4.1). */
export interface SenderFacts {
  readonly ssrc: number;
  readonly wallMs: number;
  readonly timestamp: number;
  readonly packets: number;
  readonly bytes: number;
}

/** A sender report with one source description, as one compound packet. */
export function writeSenderReport(facts: SenderFacts): Buffer {
  const report = Buffer.alloc(28);
  report[0] = 0x80;
  report[1] = 200;
  report.writeUInt16BE(6, 2);
  report.writeUInt32BE(facts.ssrc, 4);
  const seconds = facts.wallMs / 1000 + ntpEpochSeconds;
  report.writeUInt32BE(Math.floor(seconds) >>> 0, 8);
  report.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32) >>> 0, 12);
  report.writeUInt32BE(facts.timestamp >>> 0, 16);
  report.writeUInt32BE(facts.packets >>> 0, 20);
  report.writeUInt32BE(facts.bytes >>> 0, 24);
  return report;
}

/** What a compound RTCP packet asks of a sender. */
export interface Feedback {
  /** Sequence numbers of generic NACKs (RFC 4585 section 6.2.1). */
  readonly missing: readonly number[];
  /** Picture loss indications and full intra requests. */
  readonly keyframeRequests: number;
}

/** Reads the feedback out of a compound packet; everything else in it is passed over. */
export function readFeedback(compound: Buffer): Feedback {
  const missing: number[] = [];
  let keyframeRequests = 0;
  for (let at = 0; at + 4 <= compound.length;) {
    const format = compound[at]! & 0x1f;
    const type = compound[at + 1]!;
    const end = at + 4 + compound.readUInt16BE(at + 2) * 4;
    if (type === 205 && format === 1) missing.push(...nackedSequences(compound.subarray(at + 12, end)));
    if (type === 206 && (format === 1 || format === 4)) keyframeRequests++;
    at = end;
  }
  return { missing, keyframeRequests };
}

function nackedSequences(items: Buffer): number[] {
  const sequences: number[] = [];
  for (let at = 0; at + 4 <= items.length; at += 4) {
    const first = items.readUInt16BE(at);
    const mask = items.readUInt16BE(at + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit++) {
      if ((mask & (1 << bit)) !== 0) sequences.push((first + bit + 1) & 0xffff);
    }
  }
  return sequences;
}
