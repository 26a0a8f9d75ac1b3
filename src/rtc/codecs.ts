import type { Codec, PayloadType, Track, TrackKind } from '#src/core/media.ts';
import type { OfferedCodec } from './offer.ts';

/** Codecs that are forwarded, by kind, as they are named in messages. */
export const forwardedCodecs: Readonly<Record<TrackKind, readonly Codec[]>> = {
  audio: ['opus'],
  video: ['h264', 'h265', 'vp8', 'vp9', 'av1'],
};

/** A payload type of an offer that Frontrow can forward, with its retransmission format if one was offered. */
export interface KnownCodec {
  readonly codec: Codec;
  readonly offered: OfferedCodec;
  readonly rtx: OfferedCodec | undefined;
}

/** What of an offered list can be forwarded, in the offer's order. */
export function knownCodecs(kind: TrackKind, offered: readonly OfferedCodec[]): readonly KnownCodec[] {
  const rtx = new Map<number, OfferedCodec>();
  for (const codec of offered) {
    const apt = codec.name.toLowerCase() === 'rtx' ? parameter(codec.fmtp, 'apt') : undefined;
    if (apt !== undefined) rtx.set(Number(apt), codec);
  }
  return offered.flatMap((candidate) => {
    const codec = codecOf(kind, candidate);
    return codec ? [{ codec, offered: candidate, rtx: rtx.get(candidate.payloadType) }] : [];
  });
}

function codecOf(kind: TrackKind, { name, clockRateHz }: OfferedCodec): Codec | undefined {
  const codec = forwardedCodecs[kind].find((known) => known === name.toLowerCase());
  return clockRateHz === (kind === 'audio' ? 48_000 : 90_000) ? codec : undefined;
}

/** One parameter of an fmtp value; '' when it stands there without a value. */
export function parameter(fmtp: string, name: string): string | undefined {
  for (const part of fmtp.split(';')) {
    const [key = '', value = ''] = part.split('=', 2);
    if (key.trim().toLowerCase() === name) return value.trim();
  }
  return undefined;
}

/** The core's word for a payload type. */
export function payloadTypeOf({ codec, offered, rtx }: KnownCodec): PayloadType {
  return {
    payloadType: offered.payloadType,
    codec,
    clockRateHz: offered.clockRateHz,
    fmtp: offered.fmtp,
    ...(rtx && { rtxPayloadType: rtx.payloadType }),
  };
}

/**
 * The order in which a publisher's codecs are answered. Browsers send the first one of the answer, so their own order
 * stays: it says what they encode best, or what the page chose. Only H.264 that may not fragment (packetization-mode 0,
 * RFC 6184 section 6.2) moves behind H.264 that may, because a keyframe does not fit into one packet.
 */
export function publisherOrder(codecs: readonly KnownCodec[]): readonly KnownCodec[] {
  const h264 = codecs.filter(({ codec }) => codec === 'h264').sort((a, b) => fragmenting(b) - fragmenting(a));
  let next = 0;
  return codecs.map((known) => (known.codec === 'h264' ? (h264[next++] ?? known) : known));
}

const fragmenting = ({ offered }: KnownCodec): number =>
  parameter(offered.fmtp, 'packetization-mode') === '1' ? 1 : 0;

/**
 * How well a viewer's payload type fits what the stream carries; 0 means it cannot be shown. H.264 is judged leniently:
 * encoders send High under a Baseline label and every decoder takes it, so the same profile is only preferred, and a label
 * without packetization-mode is the last resort. The others must name the same profile.
 */
export function fit(stream: Pick<Track, 'codec' | 'fmtp'>, { codec, offered }: KnownCodec): number {
  if (stream.codec !== codec) return 0;
  if (codec !== 'h264') return profileOf(codec, stream.fmtp) === profileOf(codec, offered.fmtp) ? 1 : 0;
  const mode = parameter(stream.fmtp, 'packetization-mode') ?? '0';
  const sameMode = (parameter(offered.fmtp, 'packetization-mode') ?? '0') === mode;
  const wanted = parameter(stream.fmtp, 'profile-level-id')?.toLowerCase() ?? '42e01f';
  const given = parameter(offered.fmtp, 'profile-level-id')?.toLowerCase() ?? '42e01f';
  const sameProfile = given.slice(0, 2) === wanted.slice(0, 2);
  const sameConstraints = sameProfile && given.slice(2, 4) === wanted.slice(2, 4);
  return 1 + (sameMode ? 4 : 0) + (sameProfile ? 2 : 0) + (sameConstraints ? 1 : 0);
}

/** Profile of a codec whose profiles are not compatible, with the default that its payload format names. */
function profileOf(codec: Codec, fmtp: string): string {
  switch (codec) {
    case 'vp9':
      return parameter(fmtp, 'profile-id') ?? '0';
    case 'av1':
      return parameter(fmtp, 'profile') ?? '0';
    case 'h265':
      return parameter(fmtp, 'profile-id') ?? '1';
    case 'h264':
    case 'vp8':
    case 'opus':
      return '';
  }
}

/** Whether the publisher announced stereo (RFC 7587 section 6.1). */
export function isStereo(fmtp: string): boolean {
  return parameter(fmtp, 'sprop-stereo') === '1' || parameter(fmtp, 'stereo') === '1';
}

/** Adds what tells a viewer's decoder to expect two channels. */
export function withStereo(fmtp: string): string {
  const rest = fmtp.split(';').filter((part) => part !== '' && !/^\s*(?:sprop-)?stereo=/.test(part));
  return [...rest, 'stereo=1', 'sprop-stereo=1'].join(';');
}

/** The client's limits as a receiver (max-fs and its like) are not ours: left in the answer they would bind the other way. */
export function withoutReceiverLimits(fmtp: string): string {
  return fmtp
    .split(';')
    .filter((part) => !/^\s*max-(?:fs|fr|mbps|smbps|cpb|dpb|br)=/.test(part))
    .join(';');
}

/** How messages name a payload type, e.g. `H264 (42e01f)`. */
export function describeCodec(name: string, fmtp: string): string {
  const profile =
    parameter(fmtp, 'profile-level-id') ?? parameter(fmtp, 'profile-id') ?? parameter(fmtp, 'profile');
  return profile === undefined ? name : `${name} (${profile})`;
}
