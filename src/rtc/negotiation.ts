import type { Codec, TrackKind } from '#src/core/media.ts';
import type { ExtensionIds, ExtensionName, Feedback } from '#src/core/plane.ts';
import { extensionName } from '#src/rtp/extensions.ts';
import { withoutReceiverLimits, type KnownCodec } from './codecs.ts';
import type { Offer, OfferedCodec, OfferedExtension, OfferedSection, OfferedSetup } from './offer.ts';

/** What both directions of negotiation need to know about this gateway. */
export interface NegotiationRules {
  /** Whether transport-wide congestion control is negotiated where it is offered; REMB stays beside it. */
  readonly transportCc: boolean;
  /** Audio tracks that a publisher may send; one when absent. */
  readonly maxAudioTracks?: number;
}

/** An m-section of the answer that carries media, or could (`inactive`). */
export interface AcceptedSection {
  readonly rejected: false;
  readonly media: TrackKind;
  readonly protocol: string;
  readonly mid: string;
  readonly direction: 'recvonly' | 'sendonly' | 'inactive';
  readonly codecs: readonly OfferedCodec[];
  readonly extensions: readonly OfferedExtension[];
  /** Simulcast rids that are received; empty without simulcast. */
  readonly rids: readonly string[];
  readonly rtcpRsize: boolean;
  /** What is sent here. */
  readonly source: AnswerSource | undefined;
}
/** The SSRCs of one track that is sent, and the names that tie both tracks into one MediaStream. */
export interface AnswerSource {
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly cname: string;
  readonly msid: string;
}
/** An m-section that the answer switches off with port 0 (RFC 9143 section 7.3.3). */
export interface RejectedSection {
  readonly rejected: true;
  readonly media: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly mid: string;
}
/** An answer before it is written: one section for each of the offer, in its order. */
export interface AnswerModel {
  /** Ours, as a=setup says it. */
  readonly setup: OfferedSetup;
  readonly bundled: boolean;
  readonly extmapAllowMixed: boolean;
  readonly sections: readonly (AcceptedSection | RejectedSection)[];
}

/** The answer to an offer, with what became of its sections. We let the client begin DTLS wherever it is willing to. */
export function answerTo(offer: Offer, sections: AnswerModel['sections']): AnswerModel {
  return {
    // RFC 8842 section 5.3.
    setup: offer.setup === 'passive' ? 'active' : 'passive',
    bundled: offer.bundled,
    extmapAllowMixed: offer.extmapAllowMixed,
    sections,
  };
}

/** Switches an m-section off. */
export function reject({ media, protocol, formats, mid }: OfferedSection): RejectedSection {
  return { rejected: true, media, protocol, formats, mid };
}

/** The kind of a section that could carry media over DTLS-SRTP; undefined for every other one. */
export function kindOf({ media, protocol }: OfferedSection): TrackKind | undefined {
  if (!/^(?:(?:UDP|TCP)\/TLS\/)?RTP\/SAVPF?$/.test(protocol)) return undefined;
  return media === 'audio' || media === 'video' ? media : undefined;
}

const feedbackWords: ReadonlyMap<string, Feedback> = new Map([
  ['nack', 'nack'],
  ['nack pli', 'pli'],
  ['ccm fir', 'fir'],
  ['goog-remb', 'remb'],
  ['transport-cc', 'transport-cc'],
]);

/** What of a payload type's offered feedback is answered: the same words, ours only. */
function acceptedFeedback(offered: OfferedCodec, withTransportCc: boolean): readonly string[] {
  return offered.feedback.filter((word) =>
    word === 'transport-cc' ? withTransportCc : feedbackWords.has(word),
  );
}

/** Feedback of a track in the core's words: that of its preferred payload type. */
export function feedbackOf(codecs: readonly OfferedCodec[]): readonly Feedback[] {
  return (codecs[0]?.feedback ?? []).flatMap((word) => feedbackWords.get(word) ?? []);
}

/** Lines of the answer for the accepted codecs: each with its retransmission format behind it. */
export function answerCodecs(
  codecs: readonly KnownCodec[],
  withTransportCc: boolean,
): readonly OfferedCodec[] {
  return codecs.flatMap(({ offered, rtx }) => [
    {
      ...offered,
      fmtp: withoutReceiverLimits(offered.fmtp),
      feedback: acceptedFeedback(offered, withTransportCc),
    },
    ...(rtx ? [{ ...rtx, feedback: [] }] : []),
  ]);
}

/** Extensions that reach viewers as they came, beside `mid`. */
const carried: readonly ExtensionName[] = [
  'mid',
  'audio-level',
  'video-orientation',
  'playout-delay',
  'color-space',
  'abs-capture-time',
];
/** Rid extensions are only taken together with simulcast: encoders without it also fill in a rid, which must not matter. */
const layered: readonly ExtensionName[] = ['rid', 'repaired-rid'];

/**
 * Which extensions a publisher's section may use. The dependency descriptor tells the layers inside an AV1 stream apart; VP8
 * and VP9 tell it in their payloads, and browsers that may write a descriptor leave it out of VP8's. Nothing reads
 * abs-send-time or video-layers-allocation, so they stay off the wire.
 */
export function publisherExtensions(
  rules: NegotiationRules,
  { simulcast, codec }: { readonly simulcast: boolean; readonly codec: Codec | undefined },
): ReadonlySet<ExtensionName> {
  return new Set([
    ...carried,
    ...(codec === 'av1' ? (['dependency-descriptor'] as const) : []),
    ...(simulcast ? layered : []),
    ...(rules.transportCc ? (['transport-cc'] as const) : []),
  ]);
}

/**
 * Which extensions a viewer's section may use. Its bandwidth is judged by its feedback on transport-wide numbers, or by its
 * own estimate (REMB) from the times of sending; both only mean something when the media plane writes them. The dependency
 * descriptor is not among them: its frame numbers jump back when the source changes, and receivers drop what they have seen.
 */
export function viewerExtensions(rules: NegotiationRules, isNumbered: boolean): ReadonlySet<ExtensionName> {
  return new Set([
    ...carried,
    ...(isNumbered ? (['abs-send-time'] as const) : []),
    ...(isNumbered && rules.transportCc ? (['transport-cc'] as const) : []),
  ]);
}

/** Offered extensions that are wanted, as lines and as ids. Ids over 14 need two-byte headers (RFC 8285 section 4.3). */
export function acceptExtensions(
  section: OfferedSection,
  offer: Offer,
  wanted: ReadonlySet<ExtensionName>,
): { readonly extensions: readonly OfferedExtension[]; readonly ids: ExtensionIds } {
  const extensions: OfferedExtension[] = [];
  const ids: Partial<Record<ExtensionName, number>> = {};
  for (const extension of section.extensions) {
    const name = extensionName(extension.uri);
    if (name === undefined || !wanted.has(name) || ids[name] !== undefined) continue;
    if (!isUsableId(extension.id, offer.extmapAllowMixed) || (name === 'mid' && section.mid.length > 16))
      continue;
    ids[name] = extension.id;
    extensions.push(extension);
  }
  return { extensions, ids };
}

function isUsableId(id: number, mixed: boolean): boolean {
  return id >= 1 && (id <= 14 || (mixed && id > 15 && id <= 255));
}
