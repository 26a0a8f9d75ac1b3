import { randomBytes } from 'node:crypto';
import type { Protocol } from './verdict.ts';

/** What a handwritten offer says; everything has a usual value. */
export interface OfferShape {
  readonly direction?: string;
  readonly setup?: string;
  readonly audio?: boolean;
  /** Number of video sections. */
  readonly videos?: number;
  readonly bundle?: boolean;
  /** With a host candidate; without one the offer has none at all. */
  readonly candidates?: boolean;
  /** Rids of a simulcast offer. */
  readonly rids?: readonly string[];
  /** Codec of the video sections, as an rtpmap has it. */
  readonly videoCodec?: string;
}

/** The client's side of an ICE session. */
export interface Credentials {
  readonly ufrag: string;
  readonly password: string;
}

/** An offer, and whose it is. */
export interface Offer {
  readonly sdp: string;
  readonly ice: Credentials;
}

/** Fresh ICE credentials (RFC 8839 section 5.4). */
export function freshCredentials(): Credentials {
  return { ufrag: randomBytes(4).toString('hex'), password: randomBytes(16).toString('hex') };
}

/** Writes an offer as a browser would: one bundle, one media stream, Opus and H.264. */
export function writeOffer(protocol: Protocol, shape: OfferShape = {}): Offer {
  const { audio = true, videos = 1, bundle = true } = shape;
  const ice = freshCredentials();
  const kinds = [...(audio ? ['audio'] : []), ...Array.from({ length: videos }, () => 'video')];
  const session = [
    'v=0',
    `o=- ${randomBytes(6).readUIntBE(0, 6)} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(bundle ? [`a=group:BUNDLE ${kinds.map((_, index) => index).join(' ')}`] : []),
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS stream',
  ];
  const transport = transportLines(ice, shape);
  const sections = kinds.map((kind, index) => section({ kind, index, protocol, shape }));
  const sdp = [...session, ...sections.flatMap((lines) => [...lines, ...transport])].map(
    (line) => `${line}\r\n`,
  );
  return { sdp: sdp.join(''), ice };
}

function transportLines(ice: Credentials, { setup = 'actpass', candidates = true }: OfferShape): string[] {
  return [
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.password}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup}`,
    ...(candidates ? ['a=candidate:1 1 udp 2130706431 127.0.0.1 50001 typ host'] : []),
  ];
}

/** The hash of nobody's certificate: these offers end before a handshake. */
const fingerprint = Array.from(randomBytes(32), (byte) =>
  byte.toString(16).padStart(2, '0').toUpperCase(),
).join(':');

interface SectionPlan {
  readonly kind: string;
  readonly index: number;
  readonly protocol: Protocol;
  readonly shape: OfferShape;
}

function section({ kind, index, protocol, shape }: SectionPlan): string[] {
  const { direction = protocol === 'whip' ? 'sendonly' : 'recvonly', rids = [] } = shape;
  const sends = direction === 'sendonly' || direction === 'sendrecv';
  const codecs = kind === 'audio' ? opus : videoCodec(shape.videoCodec);
  const layered = kind === 'video' && rids.length > 0;
  return [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${kind === 'audio' ? '111' : '96 97'}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    `a=mid:${index}`,
    `a=${direction}`,
    ...(sends ? [`a=msid:stream ${kind}${index}`] : []),
    'a=rtcp-mux',
    'a=rtcp-mux-only',
    'a=rtcp-rsize',
    'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
    ...(layered ? ['a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id'] : []),
    ...codecs,
    ...(layered ? [...rids.map((rid) => `a=rid:${rid} send`), `a=simulcast:send ${rids.join(';')}`] : []),
    ...(sends && !layered ? [`a=ssrc:${3000 + index} cname:conformance`] : []),
  ];
}

const opus = ['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10;useinbandfec=1'];

function videoCodec(codec = 'H264/90000'): string[] {
  const isH264 = codec.startsWith('H264');
  return [
    `a=rtpmap:96 ${codec}`,
    ...(isH264 ? ['a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'] : []),
    'a=rtcp-fb:96 ccm fir',
    'a=rtcp-fb:96 nack',
    'a=rtcp-fb:96 nack pli',
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
  ];
}

/** A trickle-ice-sdpfrag (RFC 8840 section 9) of a client with these credentials. */
export function writeFragment(
  ice: Credentials,
  candidates: readonly string[] = ['1 1 udp 2130706431 127.0.0.1 50001 typ host'],
): string {
  return [
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.password}`,
    ...candidates.map((candidate) => `a=candidate:${candidate}`),
    'a=end-of-candidates',
  ]
    .map((line) => `${line}\r\n`)
    .join('');
}
