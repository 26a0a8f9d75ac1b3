import { nextPublicationId, type PublicationId } from '#src/core/ids.ts';
import type { ExtensionIds, IncomingTrack, MediaPlane, OutgoingTrack, SrtpProfile } from '#src/core/plane.ts';
import { RtcpReader } from '#src/rtp/rtcp/reader.ts';
import type { RtcpVisitor } from '#src/rtp/rtcp/types.ts';
import { silentLog } from '#src/core/log.ts';
import { openMediaPlane } from '#src/media/worker-plane.ts';
import { EventLog, SteppedClock, TestPeer, vp8 } from './media-kit.ts';

/** SSRCs of test publishers. */
export const publisherSsrc = { video: 0x1000, videoRtx: 0x1001, audio: 0x2000 } as const;
/** SSRCs of test viewers. */
export const viewerSsrc = { video: 0x5000, videoRtx: 0x5001, audio: 0x6000 } as const;

const videoPayload = {
  payloadType: 96,
  codec: 'vp8',
  clockRateHz: 90_000,
  fmtp: '',
  rtxPayloadType: 97,
} as const;
const audioPayload = { payloadType: 111, codec: 'opus', clockRateHz: 48_000, fmtp: '' } as const;

/** What a test publisher negotiated. */
export function incomingTracks(extensions: ExtensionIds = { mid: 4 }): IncomingTrack[] {
  return [
    {
      kind: 'video',
      mid: '0',
      payloads: [videoPayload],
      ssrcs: [publisherSsrc.video, publisherSsrc.videoRtx],
      rids: [''],
      extensions,
      feedback: ['nack', 'pli', 'fir', 'remb'],
    },
    {
      kind: 'audio',
      mid: '1',
      payloads: [audioPayload],
      ssrcs: [publisherSsrc.audio],
      rids: [''],
      extensions,
      feedback: [],
    },
  ];
}

/** What a test viewer negotiated: its own payload types and extension ids. */
export function outgoingTracks(options: { readonly rtx?: boolean } = {}): OutgoingTrack[] {
  const video = { payloadType: 120, codec: 'vp8', clockRateHz: 90_000, fmtp: '' } as const;
  const common = { cname: 'frontrow', extensions: { mid: 9 } } as const;
  return [
    {
      ...common,
      kind: 'video',
      mid: 'v',
      ssrc: viewerSsrc.video,
      ...(options.rtx === false ? {} : { rtxSsrc: viewerSsrc.videoRtx }),
      payloads: [options.rtx === false ? video : { ...video, rtxPayloadType: 121 }],
      feedback: ['nack', 'pli'],
    },
    {
      ...common,
      kind: 'audio',
      mid: 'a',
      ssrc: viewerSsrc.audio,
      payloads: [{ ...audioPayload, payloadType: 100 }],
      feedback: [],
    },
  ];
}

/** Opens a publication. */
export function openPublication(plane: MediaPlane): PublicationId {
  const publication = nextPublicationId();
  plane.send({ type: 'open-publication', publication });
  return publication;
}

/** A peer that publishes VP8 and Opus, frame by frame of one packet. */
export class TestPublisher {
  readonly peer: TestPeer;
  sequence: number;
  timestamp = 1_000;
  /** Sequences that are lost on their way to the plane. */
  readonly loses = new Set<number>();
  readonly sent = new Map<number, { readonly timestamp: number; readonly payload: Buffer }>();

  private constructor(peer: TestPeer, sequence: number) {
    this.peer = peer;
    this.sequence = sequence;
  }

  static async join(
    plane: MediaPlane,
    publication: PublicationId,
    options: { readonly sequence?: number; readonly tracks?: readonly IncomingTrack[] } = {},
  ): Promise<TestPublisher> {
    const peer = await TestPeer.join(plane, undefined, { publication, role: 'publisher' });
    plane.send({ type: 'publish', peer: peer.id, publication, tracks: options.tracks ?? incomingTracks() });
    return new TestPublisher(peer, options.sequence ?? 100);
  }

  /** Of a peer that publishes already. */
  static of(peer: TestPeer): TestPublisher {
    return new TestPublisher(peer, 100);
  }

  /** Sends a video frame of one packet; its payload carries the number as text, so that a viewer's copy is recognised. */
  frame(kind: 'key' | 'delta', extensions?: Uint8Array): string {
    const name = `${kind} ${String(this.sequence)} of ${String(this.peer.id)}`;
    const payload = Buffer.concat([vp8(kind, 40), Buffer.from(name)]);
    this.sent.set(this.sequence, { timestamp: this.timestamp, payload });
    if (!this.loses.has(this.sequence)) this.send(this.sequence, extensions);
    this.sequence = (this.sequence + 1) & 0xffff;
    this.timestamp += 3_000;
    return name;
  }

  /** Sends a frame under its old number again. */
  send(sequence: number, extensions?: Uint8Array): void {
    const { timestamp, payload } = this.sent.get(sequence)!;
    this.peer.sendRtp(
      { ...header, payloadType: 96, sequence, timestamp, ssrc: publisherSsrc.video },
      payload,
      extensions,
    );
  }

  /** Sends a frame as RTX (RFC 4588). */
  sendRtx(sequence: number, rtxSequence: number): void {
    const { timestamp, payload } = this.sent.get(sequence)!;
    const original = Buffer.from([sequence >>> 8, sequence & 0xff]);
    const fields = {
      ...header,
      payloadType: 97,
      sequence: rtxSequence,
      timestamp,
      ssrc: publisherSsrc.videoRtx,
    };
    this.peer.sendRtp(fields, Buffer.concat([original, payload]));
  }

  audio(sequence: number, timestamp: number): void {
    const fields = { payloadType: 111, marker: false, sequence, timestamp, ssrc: publisherSsrc.audio };
    this.peer.sendRtp(fields, Buffer.from(`audio ${String(sequence)}`));
  }
}

const header = { marker: true } as const;

/** A peer that watches. */
export async function joinViewer(
  plane: MediaPlane,
  publication: PublicationId,
  options: {
    readonly rtx?: boolean;
    readonly profile?: SrtpProfile;
    readonly tracks?: readonly OutgoingTrack[];
  } = {},
): Promise<TestPeer> {
  const peer = await TestPeer.join(plane, options.profile, { publication, role: 'viewer' });
  plane.send({ type: 'view', peer: peer.id, publication, tracks: options.tracks ?? outgoingTracks(options) });
  return peer;
}

/** The names of the video frames that a viewer got, in the order of their arrival. */
export function framesOf(viewer: TestPeer): string[] {
  return viewer.rtp
    .filter((packet) => packet.ssrc === viewerSsrc.video)
    .map((packet) => packet.payload.toString('latin1', 40));
}

/** Reads all RTCP that a peer got. */
export function readRtcp(peer: TestPeer, visitor: RtcpVisitor): void {
  const reader = new RtcpReader();
  for (const compound of peer.rtcp) {
    const problem = reader.read(compound, visitor);
    if (problem !== undefined) throw new Error(`the plane wrote RTCP with a bad ${problem}`);
  }
}

/** Sequence numbers that the plane asked a publisher for. */
export function nacksTo(peer: TestPeer): number[] {
  const asked: number[] = [];
  readRtcp(peer, { nack: (_ssrc, sequence) => asked.push(sequence) });
  return asked;
}

/** A media plane in this thread with one publication, on a clock that tests put forward. */
export interface InlinePlane {
  readonly plane: MediaPlane;
  readonly clock: SteppedClock;
  readonly events: EventLog;
  readonly publication: PublicationId;
}

/** Opens one; `address` as in the settings. */
export async function openInlinePlane(address?: string): Promise<InlinePlane> {
  const clock = new SteppedClock();
  const where = address === undefined ? {} : { address };
  const plane = await openMediaPlane({ port: 0, ...where, inline: true, clock }, silentLog);
  return { plane, clock, events: new EventLog(plane), publication: openPublication(plane) };
}
