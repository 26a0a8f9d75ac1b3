/** Bytes of RTP payload that OBS puts into a packet. */
const payloadLimitBytes = 1200;

/** Cuts one NAL unit as OBS does: alone when it fits, else in fragments (RFC 6184 FU-A, RFC 7798 FU); never aggregated. */
export function packetiseNal(nal: Buffer, codec: 'h264' | 'h265'): Buffer[] {
  if (nal.length <= payloadLimitBytes) return [nal];
  return codec === 'h264' ? fragments(nal, 1, h264Header) : fragments(nal, 2, h265Header);
}

type FragmentHeader = (nal: Buffer, first: boolean, last: boolean) => readonly number[];

const flags = (first: boolean, last: boolean): number => (first ? 0x80 : 0) | (last ? 0x40 : 0);

const h264Header: FragmentHeader = (nal, first, last) => [
  (nal[0]! & 0xe0) | 28,
  flags(first, last) | (nal[0]! & 0x1f),
];

const h265Header: FragmentHeader = (nal, first, last) => [
  (nal[0]! & 0x81) | (49 << 1),
  nal[1]!,
  flags(first, last) | ((nal[0]! >> 1) & 0x3f),
];

function fragments(nal: Buffer, headerBytes: number, header: FragmentHeader): Buffer[] {
  const room = payloadLimitBytes - headerBytes - 1;
  const packets: Buffer[] = [];
  for (let at = headerBytes; at < nal.length; at += room) {
    const end = Math.min(at + room, nal.length);
    const head = header(nal, at === headerBytes, end === nal.length);
    packets.push(Buffer.concat([Buffer.from(head), nal.subarray(at, end)]));
  }
  return packets;
}

/** What an RTP header says (RFC 3550 section 5.1). */
export interface RtpFields {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** One-byte header extensions (RFC 8285 section 4.2). */
  readonly extensions: readonly (readonly [id: number, text: string])[];
}

/** One plain RTP packet. */
export function writeRtp(fields: RtpFields, payload: Buffer): Buffer {
  const extension = writeExtensions(fields.extensions);
  const header = Buffer.alloc(12);
  header[0] = 0x80 | (extension.length > 0 ? 0x10 : 0);
  header[1] = fields.payloadType | (fields.marker ? 0x80 : 0);
  header.writeUInt16BE(fields.sequence & 0xffff, 2);
  header.writeUInt32BE(fields.timestamp >>> 0, 4);
  header.writeUInt32BE(fields.ssrc, 8);
  return Buffer.concat([header, extension, payload]);
}

function writeExtensions(extensions: RtpFields['extensions']): Buffer {
  if (extensions.length === 0) return Buffer.alloc(0);
  const elements = extensions.map(([id, text]) =>
    Buffer.concat([Buffer.from([(id << 4) | (text.length - 1)]), Buffer.from(text)]),
  );
  const body = Buffer.concat(elements);
  const words = Math.ceil(body.length / 4);
  const block = Buffer.alloc(4 + words * 4);
  block.writeUInt16BE(0xbede, 0);
  block.writeUInt16BE(words, 2);
  body.copy(block, 4);
  return block;
}
