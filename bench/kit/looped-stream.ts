import { type Recording, recordingFrameRateHz, recordingPacketRateHz } from '#test/kit/recording.ts';

/** A recording cut into packets, each with its time, made to be sent in a loop. */
export interface LoopedStream {
  readonly loopUs: number;
  /** Rows of six words: due time and media time in microseconds, track (1 is video), marker, offset, length. */
  readonly schedule: Uint32Array;
  readonly media: Uint8Array;
  readonly packetsPerSecond: number;
  readonly videoPacketsPerSecond: number;
  /** Mean RTP payload. */
  readonly payloadBytes: number;
}

interface TimedPacket {
  readonly dueUs: number;
  readonly timestampUs: number;
  readonly video: boolean;
  readonly marker: boolean;
  readonly payload: Buffer;
}

/** Browsers pace a picture's packets in ticks of 5 ms, at two and a half times the bitrate. */
const pacerTickUs = 5_000;
const pacingFactor = 2.5;
/** Bytes of RTP payload at most, as browsers cut. */
const payloadLimitBytes = 1_180;

/** Packets of a recording, paced as a browser does it: a keyframe is spread over some tens of milliseconds. */
export function loopedStream(recording: Recording): LoopedStream {
  const loopUs = Math.round((recording.pictures.length / recordingFrameRateHz) * 1e6);
  const packets = [...pacedPictures(recording, loopUs), ...sounds(recording)];
  packets.sort((a, b) => a.dueUs - b.dueUs);
  const rows: number[] = [];
  let offset = 0;
  for (const { dueUs, timestampUs, video, marker, payload } of packets) {
    rows.push(dueUs, timestampUs, video ? 1 : 0, marker ? 1 : 0, offset, payload.length);
    offset += payload.length;
  }
  const seconds = loopUs / 1e6;
  return {
    loopUs,
    schedule: Uint32Array.from(rows),
    media: Buffer.concat(packets.map(({ payload }) => payload)),
    packetsPerSecond: packets.length / seconds,
    videoPacketsPerSecond: packets.filter(({ video }) => video).length / seconds,
    payloadBytes: offset / packets.length,
  };
}

function pacedPictures({ pictures }: Recording, loopUs: number): TimedPacket[] {
  const pictureBytes = pictures.flat().reduce((sum, nal) => sum + (isAside(nal) ? 0 : nal.length), 0);
  const usPerByte = loopUs / (pictureBytes * pacingFactor);
  const packets: TimedPacket[] = [];
  let freeUs = 0;
  for (const [index, nals] of pictures.entries()) {
    const timestampUs = Math.round((index * 1e6) / recordingFrameRateHz);
    freeUs = Math.max(freeUs, timestampUs);
    const payloads = nals.filter((nal) => !isAside(nal)).flatMap(fragments);
    for (const [at, payload] of payloads.entries()) {
      const dueUs = Math.max(timestampUs, Math.floor(freeUs / pacerTickUs) * pacerTickUs);
      packets.push({ dueUs, timestampUs, video: true, marker: at === payloads.length - 1, payload });
      freeUs += payload.length * usPerByte;
    }
  }
  return packets;
}

/** Filler data and enhancement information, which an encoder of constant bitrate adds and browsers do not send. */
function isAside(nal: Buffer): boolean {
  const type = nal[0]! & 0x1f;
  return type === 6 || type === 12;
}

/**
 * One NAL unit alone or in FU-A fragments (RFC 6184 section 5.8) as browsers cut: about equal, and where bytes are left over,
 * the last ones are larger by one.
 */
function fragments(nal: Buffer): Buffer[] {
  if (nal.length <= payloadLimitBytes) return [nal];
  const body = nal.subarray(1);
  const count = Math.ceil(body.length / (payloadLimitBytes - 2));
  const smaller = Math.floor(body.length / count);
  const firstLarger = count - (body.length % count);
  const startOf = (index: number): number => index * smaller + Math.max(0, index - firstLarger);
  return Array.from({ length: count }, (_, index) => {
    const flags = (index === 0 ? 0x80 : 0) | (index === count - 1 ? 0x40 : 0);
    const head = Buffer.from([(nal[0]! & 0xe0) | 28, flags | (nal[0]! & 0x1f)]);
    return Buffer.concat([head, body.subarray(startOf(index), startOf(index + 1))]);
  });
}

function sounds(recording: Recording): TimedPacket[] {
  return recording.sounds.map((payload, index) => {
    const timestampUs = Math.round((index * 1e6) / recordingPacketRateHz);
    return { dueUs: timestampUs, timestampUs, video: false, marker: false, payload };
  });
}
