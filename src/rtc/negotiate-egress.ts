import type { Track, TrackKind } from '#src/core/media.ts';
import type { OutgoingTrack } from '#src/core/plane.ts';
import {
  describeCodec,
  fit,
  isStereo,
  knownCodecs,
  payloadTypeOf,
  publisherOrder,
  withStereo,
  type KnownCodec,
} from './codecs.ts';
import { noCommonCodec, wrongDirection } from './failures.ts';
import {
  acceptExtensions,
  answerCodecs,
  answerTo,
  feedbackOf,
  kindOf,
  reject,
  viewerExtensions,
  type AcceptedSection,
  type AnswerModel,
  type NegotiationRules,
  type RejectedSection,
} from './negotiation.ts';
import type { Offer, OfferedCodec, OfferedSection } from './offer.ts';

/** Names of what a viewer is sent; fresh ones for every session. */
export interface SourceNames {
  /** RTCP canonical name, the same for both tracks so that they are played in sync (RFC 7022). */
  readonly cname: string;
  /** An SSRC that this session does not use yet. */
  nextSsrc(): number;
}

/** Everything that follows from a viewer's offer. */
export interface EgressNegotiation {
  readonly answer: AnswerModel;
  readonly outgoing: readonly OutgoingTrack[];
}

/** What a section is answered with, or settled against. */
export interface EgressContext {
  readonly offer: Offer;
  readonly tracks: readonly Track[];
  readonly names: SourceNames;
  readonly rules: NegotiationRules;
}
/** A section with what is sent in it; no track where nothing is. */
export interface Sent {
  readonly section: AcceptedSection | RejectedSection;
  readonly track?: OutgoingTrack;
}

/**
 * Answers a viewer (draft-ietf-wish-whep-03 section 4.2): one track of a kind is sent, all codecs that could be sent stay
 * in the answer because the publisher may come back with another one, and what the stream has not is inactive. Sections that
 * mean nothing here (a data channel, a second video) are switched off, not refused.
 */
export function negotiateEgress(
  offer: Offer,
  tracks: readonly Track[],
  names: SourceNames,
  rules: NegotiationRules,
): EgressNegotiation {
  const kinds = new Set<TrackKind>();
  const context = { offer, tracks, names, rules };
  const results = offer.sections.map((section): Sent => {
    const kind = kindOf(section);
    if (section.disabled || !kind || kinds.has(kind)) return { section: reject(section) };
    if (section.direction !== 'recvonly' && section.direction !== 'sendrecv') {
      throw wrongDirection(section.line, section.direction, 'recvonly');
    }
    kinds.add(kind);
    return sendIn(section, kind, context);
  });
  const outgoing = results.flatMap(({ track }) => track ?? []);
  if (outgoing.length === 0) throw nothingToShow(offer, tracks);
  return {
    answer: answerTo(
      offer,
      results.map(({ section }) => section),
    ),
    outgoing,
  };
}

/**
 * Whether lost packets are repeated as a stream of their own, or not at all. Packets that carry a number or a time of sending
 * cannot be repeated as they were, and as others they would break SRTP: one number of the stream, two contents.
 */
function isRepairedApart(known: readonly KnownCodec[]): boolean {
  return known.some(({ rtx }) => rtx) || known.every(({ offered }) => !offered.feedback.includes('nack'));
}

/** Decides what is sent in one section that the viewer is ready to receive. */
export function sendIn(
  section: OfferedSection,
  kind: TrackKind,
  { offer, tracks, names, rules }: EgressContext,
): Sent {
  const stream = tracks.find((track) => track.kind === kind);
  const known = viewerOrder(knownCodecs(kind, section.codecs), stream);
  const [best] = known;
  if (!best) return { section: reject(section) };
  const playable = stream !== undefined && fit(stream, best) > 0;
  const { extensions, ids } = acceptExtensions(
    section,
    offer,
    viewerExtensions(rules, isRepairedApart(known)),
  );
  const codecs = answerCodecs(known, ids['transport-cc'] !== undefined).map((codec) =>
    inStereo(codec, stream),
  );
  const accepted = {
    rejected: false,
    media: kind,
    protocol: section.protocol,
    mid: section.mid,
    codecs,
    extensions,
    rids: [],
    rtcpRsize: section.rtcpRsize,
  } as const;
  if (!playable) return { section: { ...accepted, direction: 'inactive', source: undefined } };
  const ssrc = names.nextSsrc();
  const rtxSsrc = known.some(({ rtx }) => rtx) ? names.nextSsrc() : undefined;
  const { cname } = names;
  return {
    section: {
      ...accepted,
      direction: 'sendonly',
      source: { ssrc, rtxSsrc, cname, msid: `frontrow frontrow-${kind}` },
    },
    track: {
      kind,
      mid: section.mid,
      ssrc,
      ...(rtxSsrc !== undefined && { rtxSsrc }),
      cname,
      payloads: known.map(payloadTypeOf),
      extensions: ids,
      feedback: feedbackOf(codecs),
    },
  };
}

/** What fits the stream first, best fit first; the rest as for a publisher, ready for its return with another codec. */
function viewerOrder(known: readonly KnownCodec[], stream: Track | undefined): readonly KnownCodec[] {
  const ordered = publisherOrder(known);
  if (!stream) return ordered;
  return [...ordered].sort((a, b) => fit(stream, b) - fit(stream, a));
}

/** Tells the viewer's decoder to expect two channels when the stream has them. */
export function inStereo(codec: OfferedCodec, stream: Track | undefined): OfferedCodec {
  const stereo = codec.name.toLowerCase() === 'opus' && stream !== undefined && isStereo(stream.fmtp);
  return stereo ? { ...codec, fmtp: withStereo(codec.fmtp) } : codec;
}

/** The refusal that names what both sides have. */
export function nothingToShow(offer: Offer, tracks: readonly Track[]): Error {
  const viewer = offer.sections.flatMap((section) => {
    const kind = section.disabled ? undefined : kindOf(section);
    return kind
      ? knownCodecs(kind, section.codecs).map(({ codec, offered }) => describeCodec(codec, offered.fmtp))
      : [];
  });
  const stream = tracks.map(({ codec, fmtp }) => describeCodec(codec, fmtp));
  return noCommonCodec(stream, [...new Set(viewer)]);
}
