import {
  GroupDescription,
  IceCandidate,
  MediaDescription,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCIceParameters,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  SessionDescription,
  SsrcDescription,
} from 'werift';

import type { IceCredentials } from '#src/core/plane.ts';
import type { HostCandidate } from './candidates.ts';
import type { AcceptedSection, AnswerModel, AnswerSource, RejectedSection } from './negotiation.ts';
import type { Fingerprint, OfferedCodec } from './offer.ts';

/** The gateway's side of the one transport that the answer describes. */
export interface LocalTransport {
  readonly ice: IceCredentials;
  readonly fingerprint: Fingerprint;
  readonly candidates: readonly HostCandidate[];
  /** Number of the o= line, unique for the session (RFC 8866 section 5.2). */
  readonly sessionNumber: number;
}

const anywhere = '0.0.0.0';

/**
 * Writes an answer: ICE-lite, everything in one bundle, all candidates in the section that owns the transport
 * (RFC 9143 section 7.3.1), CRLF.
 */
export function writeAnswer(model: AnswerModel, transport: LocalTransport): string {
  return write(model, transport, 'answer');
}

/**
 * Writes an offer of ours: as an answer, but for the DTLS role, which the client chooses (RFC 8842 section 5.2), and the
 * candidates, which stand in every section because a client may reject the first one.
 */
export function writeOffer(model: AnswerModel, transport: LocalTransport): string {
  return write(model, transport, 'offer');
}

function write(model: AnswerModel, transport: LocalTransport, type: 'offer' | 'answer'): string {
  const session = new SessionDescription();
  session.origin = `- ${transport.sessionNumber} 1 IN IP4 127.0.0.1`;
  session.extMapAllowMixed = model.extmapAllowMixed;
  session.msidSemantic = [new GroupDescription('WMS', ['*'])];
  const accepted = model.sections.filter((section) => !section.rejected);
  if (model.bundled) {
    session.group = [
      new GroupDescription(
        'BUNDLE',
        accepted.map(({ mid }) => mid),
      ),
    ];
  }
  const texts = model.sections.map((section) =>
    section.rejected
      ? writeRejected(section)
      : writeAccepted(section, transport, {
          dtls: dtlsRoles[model.setup],
          withCandidates: type === 'offer' || section === accepted[0],
        }),
  );
  return `${withIceLite(session.string)}${texts.join('')}`;
}

/** ICE-lite is said once, for the session (RFC 8839 section 5.3); the SDP writer has no place for it there. */
function withIceLite(sessionPart: string): string {
  return sessionPart.replace('\r\nt=0 0\r\n', '\r\nt=0 0\r\na=ice-lite\r\n');
}

function writeRejected({ media, protocol, formats, mid }: RejectedSection): string {
  const lines = [`m=${media} 0 ${protocol} ${formats.join(' ')}`, `c=IN IP4 ${anywhere}`, 'a=inactive'];
  if (mid !== '') lines.push(`a=mid:${mid}`);
  return lines.map((line) => `${line}\r\n`).join('');
}

/** The writer's words for a=setup. */
const dtlsRoles = { actpass: 'auto', active: 'client', passive: 'server' } as const;

interface SectionRole {
  readonly dtls: (typeof dtlsRoles)[keyof typeof dtlsRoles];
  readonly withCandidates: boolean;
}

function writeAccepted(section: AcceptedSection, transport: LocalTransport, role: SectionRole): string {
  const payloadTypes = section.codecs.map(({ payloadType }) => payloadType);
  const media = new MediaDescription(section.media, 9, section.protocol, payloadTypes);
  media.host = anywhere;
  media.direction = section.direction;
  media.iceParams = new RTCIceParameters({
    usernameFragment: transport.ice.ufrag,
    password: transport.ice.password,
  });
  const { algorithm, value } = transport.fingerprint;
  media.dtlsParams = new RTCDtlsParameters([new RTCDtlsFingerprint(algorithm, value)], role.dtls);
  // The writer says rtcp-mux only beside a=rtcp, which browsers write with the same placeholder.
  media.rtcpPort = 9;
  media.rtcpHost = anywhere;
  media.rtcpMux = true;
  media.rtp = {
    codecs: section.codecs.map(codecLine),
    headerExtensions: section.extensions.map(
      (extension) => new RTCRtpHeaderExtensionParameters({ ...extension }),
    ),
    ...(section.mid !== '' && { muxId: section.mid }),
  };
  if (section.source) describeSource(media, section.source);
  if (role.withCandidates) {
    media.iceCandidates = transport.candidates.map(candidateLine);
    media.iceCandidatesComplete = true;
  }
  return corrected(media.toString(), section);
}

/**
 * What the writer has no words for or ends with a stray blank: that RTCP never comes on a port of its own (RFC 9725 section
 * 4.4.1 wants it of both sides), reduced-size RTCP (RFC 5506), and simulcast (RFC 8853), where encoders want every layer they
 * offered back.
 */
function corrected(text: string, { rtcpRsize, rids }: AcceptedSection): string {
  const rtcp = ['a=rtcp-mux', 'a=rtcp-mux-only', ...(rtcpRsize ? ['a=rtcp-rsize'] : [])];
  const written = text.replace('\r\na=rtcp-mux\r\n', `\r\n${rtcp.join('\r\n')}\r\n`);
  if (rids.length === 0) return written;
  const layers = rids.map((rid) => `a=rid:${rid} recv\r\n`).join('');
  return `${written}${layers}a=simulcast:recv ${rids.join(';')}\r\n`;
}

function codecLine({
  payloadType,
  name,
  clockRateHz,
  channels,
  fmtp,
  feedback,
}: OfferedCodec): RTCRtpCodecParameters {
  const rtcpFeedback = feedback.map((words) => {
    const [type = '', parameter] = words.split(' ', 2);
    return { type, ...(parameter !== undefined && { parameter }) };
  });
  return new RTCRtpCodecParameters({
    payloadType,
    mimeType: `media/${name}`,
    clockRate: clockRateHz,
    channels,
    rtcpFeedback,
    parameters: fmtp,
  });
}

function candidateLine(candidate: HostCandidate): IceCandidate {
  const { foundation, transport, priority, address, port } = candidate;
  const line = new IceCandidate(1, foundation, address, port, priority, transport, 'host');
  if (transport === 'tcp') line.tcpType = 'passive';
  return line;
}

function describeSource(media: MediaDescription, { ssrc, rtxSsrc, cname, msid }: AnswerSource): void {
  media.msids = [msid];
  const all = rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc];
  if (rtxSsrc !== undefined) media.ssrcGroup = [new GroupDescription('FID', all.map(String))];
  media.ssrc = all.map((one) => new SsrcDescription({ ssrc: one, cname, msid }));
}
