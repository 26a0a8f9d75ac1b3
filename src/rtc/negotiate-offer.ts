import type { Track } from '#src/core/media.ts';
import type { OutgoingTrack } from '#src/core/plane.ts';
import { parameter } from './codecs.ts';
import { answerMismatch, noCommonCodec, wrongDirection } from './failures.ts';
import { nothingToShow, sendIn, type SourceNames } from './negotiate-egress.ts';
import {
  answerCodecs,
  kindOf,
  reject,
  viewerExtensions,
  type AcceptedSection,
  type AnswerModel,
  type AnswerSource,
  type NegotiationRules,
} from './negotiation.ts';
import type { Offer, OfferedCodec, OfferedSection } from './offer.ts';
import { extensionsFor, formatsFor } from './offered-formats.ts';

/** A section of our offer: everything is open, and the sources are named already. */
export interface DraftSection extends AcceptedSection {
  readonly source: AnswerSource;
}
/** An offer of ours before it is written. */
export interface OfferDraft extends AnswerModel {
  readonly sections: readonly DraftSection[];
}

/**
 * Drafts what a viewer is offered (draft-murillo-whep-01 section 4.2): one section for each track that the stream carries now,
 * in it all codecs that the publisher may come back with, the current one first.
 */
export function draftOffer(
  tracks: readonly Track[],
  names: SourceNames,
  rules: NegotiationRules,
): OfferDraft {
  if (tracks.length === 0) throw noCommonCodec([], []);
  const sections = tracks.map((track, index): DraftSection => {
    const formats = formatsFor(track, rules);
    const ssrc = names.nextSsrc();
    const rtxSsrc = formats.some(({ rtx }) => rtx) ? names.nextSsrc() : undefined;
    return {
      rejected: false,
      media: track.kind,
      protocol: 'UDP/TLS/RTP/SAVPF',
      mid: String(index),
      direction: 'sendonly',
      codecs: answerCodecs(formats, rules.transportCc),
      extensions: extensionsFor(track.kind, viewerExtensions(rules, true)),
      rids: [],
      rtcpRsize: true,
      source: { ssrc, rtxSsrc, cname: names.cname, msid: `frontrow frontrow-${track.kind}` },
    };
  });
  return { setup: 'actpass', bundled: true, extmapAllowMixed: false, sections };
}

/** What follows from a viewer's answer to a draft. */
export interface OfferSettlement {
  readonly outgoing: readonly OutgoingTrack[];
  /** The draft with what the viewer switched off. */
  readonly settled: AnswerModel;
}

/** What an answer is held against. */
export interface OfferTerms {
  readonly draft: OfferDraft;
  readonly tracks: readonly Track[];
  readonly rules: NegotiationRules;
}

/**
 * Settles a draft by the viewer's answer (RFC 3264 section 6): the same sections in the same order, each received or switched
 * off, with some of the codecs and extensions that were offered. Whatever was not offered is passed over.
 */
export function settleOffer(answer: Offer, { draft, tracks, rules }: OfferTerms): OfferSettlement {
  if (answer.sections.length !== draft.sections.length)
    throw answerMismatch(`it has ${answer.sections.length} m= sections of ${draft.sections.length}`);
  const results = draft.sections.map((drafted, index) => {
    const section = sectionFor(drafted, answer.sections[index]);
    if (section.disabled) return { section: reject(section), track: undefined };
    if (section.direction === 'sendonly') throw wrongDirection(section.line, 'sendonly', 'recvonly');
    if (section.direction === 'inactive') return { section: drafted, track: undefined };
    const { cname, ssrc, rtxSsrc } = drafted.source;
    const ssrcs = [ssrc, ...(rtxSsrc === undefined ? [] : [rtxSsrc])].values();
    const names = { cname, nextSsrc: (): number => ssrcs.next().value ?? ssrc };
    const { track } = sendIn(offeredOnly(section, drafted), drafted.media, {
      offer: answer,
      tracks,
      names,
      rules,
    });
    return { section: drafted, track };
  });
  const outgoing = results.flatMap(({ track }) => track ?? []);
  if (outgoing.length === 0) throw nothingToShow(answer, tracks);
  return { outgoing, settled: { ...draft, sections: results.map(({ section }) => section) } };
}

/** The answer's section at a draft's place; throws `answer-mismatch` when it is about something else. */
function sectionFor(drafted: DraftSection, section: OfferedSection | undefined): OfferedSection {
  if (section?.media !== drafted.media)
    throw answerMismatch(`m=${section?.media ?? ''} stands where m=${drafted.media} was offered`);
  if (section.mid !== '' && section.mid !== drafted.mid)
    throw answerMismatch(`a=mid:${section.mid} stands where a=mid:${drafted.mid} was offered`);
  if (!section.disabled && !kindOf(section)) throw answerMismatch(`it speaks ${section.protocol}`);
  return { ...section, mid: drafted.mid };
}

function offeredOnly(section: OfferedSection, drafted: DraftSection): OfferedSection {
  return {
    ...section,
    codecs: section.codecs.filter((codec) => drafted.codecs.some((offered) => isSame(codec, offered))),
    extensions: section.extensions.filter(({ id, uri }) =>
      drafted.extensions.some((offered) => offered.id === id && offered.uri === uri),
    ),
  };
}

/** Whether both mean the same format; an answer may name other parameters, but not retransmit something else. */
function isSame(answered: OfferedCodec, offered: OfferedCodec): boolean {
  return (
    answered.payloadType === offered.payloadType &&
    answered.name.toLowerCase() === offered.name.toLowerCase() &&
    parameter(answered.fmtp, 'apt') === parameter(offered.fmtp, 'apt')
  );
}
