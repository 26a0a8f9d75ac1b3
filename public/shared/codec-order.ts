import type { VideoCodec } from './api-types.ts';

/** What is needed of an RTCRtpCodec to order it. */
export interface NamedCodec {
  readonly mimeType: string;
  readonly sdpFmtpLine?: string;
}

const helpers = new Set(['rtx', 'red', 'ulpfec', 'flexfec-03', 'telephone-event', 'cn']);

/**
 * The codecs with the preferred one first, in the order setCodecPreferences takes. Nothing is dropped: a server that
 * cannot take the preferred one still finds another. Of H.264, packetization mode 1 and the Baseline profile go first,
 * because every decoder takes them and they carry no B-frames.
 */
export function orderCodecs<Codec extends NamedCodec>(
  codecs: readonly Codec[],
  preferred: string,
): readonly Codec[] {
  const rank = (codec: Codec): number => {
    const name = codecName(codec);
    if (helpers.has(name)) return 20;
    if (name !== preferred.toLowerCase()) return 10;
    const fmtp = codec.sdpFmtpLine ?? '';
    const mode = name === 'h264' && !fmtp.includes('packetization-mode=1') ? 2 : 0;
    return mode + (name === 'h264' && !/profile-level-id=42/i.test(fmtp) ? 1 : 0);
  };
  return codecs
    .map((codec, index) => ({ codec, index, rank: rank(codec) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ codec }) => codec);
}

/** The codec's short name, e.g. `h264` for `video/H264`. */
export function codecName(codec: NamedCodec): string {
  return (codec.mimeType.split('/')[1] ?? codec.mimeType).toLowerCase();
}

/** Which of the codecs people can choose are really there. */
export function availableVideoCodecs(codecs: readonly NamedCodec[]): readonly VideoCodec[] {
  const present = new Set(codecs.map(codecName));
  return (['h264', 'vp8', 'vp9', 'av1', 'h265'] as const).filter((name) => present.has(name));
}
