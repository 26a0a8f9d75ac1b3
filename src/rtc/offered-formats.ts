import type { Codec, Track, TrackKind, VideoCodec } from '#src/core/media.ts';
import type { ExtensionName } from '#src/core/plane.ts';
import { extensionUris } from '#src/rtp/extensions.ts';
import { fit, isStereo, withoutReceiverLimits, withStereo, type KnownCodec } from './codecs.ts';
import type { NegotiationRules } from './negotiation.ts';
import type { OfferedCodec, OfferedExtension } from './offer.ts';

/** A payload type of ours; its retransmission format has the next number. */
interface Format {
  readonly codec: VideoCodec;
  readonly payloadType: number;
  readonly fmtp: string;
}

/** What every browser decodes some of. Numbers stay over 95, where no client takes them for RTCP (RFC 5761 section 4). */
const videoFormats: readonly Format[] = [
  { codec: 'h264', payloadType: 102, fmtp: h264('42e01f') },
  { codec: 'h264', payloadType: 104, fmtp: h264('42001f') },
  { codec: 'h264', payloadType: 106, fmtp: h264('4d001f') },
  { codec: 'vp8', payloadType: 96, fmtp: '' },
  { codec: 'vp9', payloadType: 98, fmtp: 'profile-id=0' },
  { codec: 'av1', payloadType: 108, fmtp: 'level-idx=5;profile=0;tier=0' },
  { codec: 'h265', payloadType: 112, fmtp: 'level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST' },
];
/** For what the stream carries, when none of the usual formats says it. */
const ownPayloadType = 114;
const opusPayloadType = 111;

function h264(profileLevelId: string): string {
  return `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profileLevelId}`;
}

const names: Readonly<Record<Codec, string>> = {
  opus: 'opus',
  h264: 'H264',
  h265: 'H265',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
};

/** What a viewer of this track is offered: what the track carries first, then all else that its publisher may come back with. */
export function formatsFor(track: Track, rules: NegotiationRules): readonly KnownCodec[] {
  const congestion = rules.transportCc ? ['transport-cc'] : [];
  if (track.kind === 'audio') return [opus(track.fmtp, congestion)];
  const feedback = ['goog-remb', ...congestion, 'ccm fir', 'nack', 'nack pli'];
  const known = videoFormats.map((format) => videoFormat(format, feedback));
  const fits = [...known].sort((a, b) => fit(track, b) - fit(track, a));
  const [best] = fits;
  if (best !== undefined && isExact(track, best)) return fits;
  const own = { codec: track.codec as VideoCodec, payloadType: ownPayloadType, fmtp: track.fmtp };
  return [videoFormat({ ...own, fmtp: withoutReceiverLimits(own.fmtp) }, feedback), ...fits];
}

/** Whether a format says everything that the track's own parameters say of profile and packets. */
function isExact(track: Track, known: KnownCodec): boolean {
  const itself = { ...known, codec: track.codec, offered: { ...known.offered, fmtp: track.fmtp } };
  return fit(track, known) > 0 && fit(track, known) === fit(track, itself);
}

function opus(fmtp: string, feedback: readonly string[]): KnownCodec {
  const plain = 'minptime=10;useinbandfec=1';
  return {
    codec: 'opus',
    offered: {
      payloadType: opusPayloadType,
      name: names.opus,
      clockRateHz: 48_000,
      channels: 2,
      fmtp: isStereo(fmtp) ? withStereo(plain) : plain,
      feedback,
    },
    rtx: undefined,
  };
}

function videoFormat({ codec, payloadType, fmtp }: Format, feedback: readonly string[]): KnownCodec {
  const common = { clockRateHz: 90_000, channels: 1 };
  const rtx: OfferedCodec = {
    ...common,
    payloadType: payloadType + 1,
    name: 'rtx',
    fmtp: `apt=${payloadType}`,
    feedback: [],
  };
  return { codec, offered: { ...common, payloadType, name: names[codec], fmtp, feedback }, rtx };
}

/** One number for each extension, the same in both sections because they share a transport (RFC 9143 section 7.1.3). */
const extensionIds: readonly (readonly [name: ExtensionName, id: number, kinds: readonly TrackKind[]])[] = [
  ['mid', 1, ['audio', 'video']],
  ['abs-send-time', 2, ['audio', 'video']],
  ['transport-cc', 3, ['audio', 'video']],
  ['abs-capture-time', 4, ['audio', 'video']],
  ['audio-level', 5, ['audio']],
  ['video-orientation', 6, ['video']],
  ['playout-delay', 7, ['video']],
  ['color-space', 8, ['video']],
];

/** Header extensions that a viewer is offered for one kind, of those that are wanted. */
export function extensionsFor(
  kind: TrackKind,
  wanted: ReadonlySet<ExtensionName>,
): readonly OfferedExtension[] {
  return extensionIds
    .filter(([name, , kinds]) => kinds.includes(kind) && wanted.has(name))
    .map(([name, id]) => ({ id, uri: extensionUris[name] }));
}
