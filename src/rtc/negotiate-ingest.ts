import type { SoundLabel, Track, TrackKind } from '#src/core/media.ts';
import type { IncomingTrack } from '#src/core/plane.ts';
import { describeCodec, forwardedCodecs, knownCodecs, payloadTypeOf, publisherOrder } from './codecs.ts';
import { noMedia, tooManyTracks, unsupportedCodec, unsupportedSection, wrongDirection } from './failures.ts';
import {
  acceptExtensions,
  answerCodecs,
  answerTo,
  feedbackOf,
  kindOf,
  publisherExtensions,
  reject,
  type AcceptedSection,
  type AnswerModel,
  type NegotiationRules,
} from './negotiation.ts';
import type { Offer, OfferedSection } from './offer.ts';
import { soundLabel } from './sound-label.ts';

/** Everything that follows from a publisher's offer. */
export interface IngestNegotiation {
  readonly answer: AnswerModel;
  readonly incoming: readonly IncomingTrack[];
  readonly tracks: readonly Track[];
}

/**
 * Answers a publisher (RFC 9725 section 4.2): every section is received as it was offered or the whole offer is refused,
 * because there are no partial answers (section 4.4.3). The first audio track is the one that the front row hears.
 */
export function negotiateIngest(offer: Offer, rules: NegotiationRules): IngestNegotiation {
  const limits: Readonly<Record<TrackKind, number>> = { video: 1, audio: rules.maxAudioTracks ?? 1 };
  const counts: Record<TrackKind, number> = { video: 0, audio: 0 };
  const sounds: SoundLabel[] = [];
  const results = offer.sections.map((section) => {
    if (section.disabled) return { section: reject(section), track: undefined };
    const kind = kindOf(section);
    if (!kind) throw unsupportedSection(section.line, `${section.media} over ${section.protocol}`);
    if (counts[kind] === limits[kind]) throw tooManyTracks(section.line, kind, limits[kind]);
    if (section.direction !== 'sendonly' && section.direction !== 'sendrecv') {
      throw wrongDirection(section.line, section.direction, 'sendonly');
    }
    const place = counts[kind]++;
    if (kind === 'audio') sounds.push(soundLabel(section));
    return receive(section, { kind, place, offer, rules });
  });
  const incoming = results.flatMap(({ track }) => track ?? []);
  if (incoming.length === 0) throw noMedia();
  return {
    answer: answerTo(
      offer,
      results.map(({ section }) => section),
    ),
    incoming,
    tracks: incoming.filter(({ sound }) => sound === undefined).flatMap((track) => trackOf(track, sounds)),
  };
}

interface Context {
  readonly kind: TrackKind;
  /** Sections of this kind before it. */
  readonly place: number;
  readonly offer: Offer;
  readonly rules: NegotiationRules;
}

function receive(
  section: OfferedSection,
  { kind, place, offer, rules }: Context,
): { section: AcceptedSection; track: IncomingTrack } {
  const known = publisherOrder(knownCodecs(kind, section.codecs));
  if (known.length === 0) {
    const offered = section.codecs.map(({ name, fmtp }) => describeCodec(name, fmtp));
    throw unsupportedCodec(section.line, offered, forwardedCodecs[kind]);
  }
  const simulcast = section.rids.length > 0;
  const wanted = publisherExtensions(rules, { simulcast, codec: known[0]?.codec });
  const { extensions, ids } = acceptExtensions(section, offer, wanted);
  const codecs = answerCodecs(known, ids['transport-cc'] !== undefined);
  return {
    section: {
      rejected: false,
      media: kind,
      protocol: section.protocol,
      mid: section.mid,
      direction: 'recvonly',
      codecs,
      extensions,
      rids: section.rids,
      rtcpRsize: section.rtcpRsize,
      source: undefined,
    },
    track: {
      kind,
      mid: section.mid,
      ...(place > 0 && { sound: place }),
      payloads: known.map(payloadTypeOf),
      // Encoders that send layers announce the SSRC of the first one at most, and each in its own way: rids decide.
      ssrcs: simulcast ? [] : section.ssrcs,
      rids: simulcast ? section.rids : [''],
      extensions: ids,
      feedback: feedbackOf(codecs),
    },
  };
}

/** What a stream carries by this offer: browsers and encoders send the payload type that the answer names first. */
function trackOf({ kind, payloads, rids }: IncomingTrack, sounds: readonly SoundLabel[]): readonly Track[] {
  const [first] = payloads;
  if (!first) return [];
  const { codec, clockRateHz, fmtp } = first;
  const areTold = sounds.length > 1 || sounds.some(({ name, language }) => name !== '' || language !== '');
  return [{ kind, codec, clockRateHz, fmtp, rids, ...(kind === 'audio' && areTold && { sounds }) }];
}
