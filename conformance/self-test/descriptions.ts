import type { Credentials } from '../offers.ts';
import { readSdp, type Section } from '../sdp.ts';
import type { Fault } from './faults.ts';
import type { Protocol } from '../verdict.ts';

/** Whether the server is wrong in this way. */
export type Has = (fault: Fault) => boolean;

/** What is wrong with an offer, as far as a server of signalling alone looks. */
export type Verdict = 'good' | 'malformed' | 'unservable' | 'no codec';

/** The server's transport. */
export interface LocalTransport {
  readonly ice: Credentials;
  readonly port: number;
}

const known = /^(opus|H264|H265|VP8|VP9|AV1)\//i;
const fingerprint = `sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`;

/** Judges an offer. */
export function judge(offer: string, protocol: Protocol, has: Has): Verdict {
  const lines = offer.split('\r\n');
  const { sections } = readSdp(offer);
  const media = sections.filter(({ kind }) => kind !== 'application');
  const malformed =
    !offer.startsWith('v=0\r\n') ||
    /[^\P{C}\r\n\t]|\ufffd/u.test(offer) ||
    lines.length > 2_000 ||
    lines.some((line) => line.length > 4_096) ||
    lines.filter((line) => line === 'v=0').length > 1 ||
    media.length === 0 ||
    sections.length > 16 ||
    media.some(({ lines: own }) => !/^m=\w+ \d+ UDP\/TLS\/RTP\/SAVPF( \d+)+$/.test(own[0] ?? '')) ||
    !/^a=ice-ufrag:.+\r\n/m.test(offer) ||
    !/^a=fingerprint:sha-\d+ /m.test(offer);
  if (malformed) return 'malformed';
  const wrong = protocol === 'whip' ? ['recvonly', 'inactive'] : ['sendonly', 'inactive'];
  if (!has('wrong-direction-taken') && media.some(({ direction = '' }) => wrong.includes(direction)))
    return 'unservable';
  if (!has('passive-taken') && offer.includes('a=setup:passive')) return 'unservable';
  if (has('one-kind-refused') && media.length < 2) return 'unservable';
  if (has('needs-candidates') && !offer.includes('a=candidate:')) return 'unservable';
  if (sections.length > 1 && !offer.includes('a=group:BUNDLE') && !has('bundle-ignored')) return 'unservable';
  const videos = media.filter(({ kind }) => kind === 'video').length;
  if (protocol === 'whip' && videos > 1 && !has('partial-answer')) return 'unservable';
  const served = media.every((section) =>
    section.values('rtpmap').some((map) => known.test(map.split(' ')[1] ?? '')),
  );
  return served || has('codecs-ignored') ? 'good' : 'no codec';
}

/** Answers an offer, right or wrong. */
export function writeAnswer(offer: string, protocol: Protocol, transport: LocalTransport, has: Has): string {
  const { sections } = readSdp(offer);
  const kept = has('answer-lost-section') && sections.length > 1 ? sections.slice(0, -1) : sections;
  const seen = new Set<string>();
  const texts = kept.map((section) => {
    const again = seen.has(section.kind) && !has('every-video-answered');
    seen.add(section.kind);
    return again || section.kind === 'application'
      ? [section.lines[0]?.replace(/ \d+ /, ' 0 ') ?? '', `a=mid:${section.mid}`]
      : answerSection(section, protocol, transport, has);
  });
  const mids = kept.filter(({ kind }) => kind !== 'application').map(({ mid }) => mid);
  const group = has('answer-without-bundle') ? [] : [`a=group:BUNDLE ${mids.join(' ')}`];
  const lines = [...head, ...group, ...ice, ...texts.flat()];
  const end = has('answer-line-feeds') ? '\n' : '\r\n';
  return lines.map((line) => line + end).join('');
}

const head = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0'];
const ice = ['a=ice-lite', 'a=ice-options:ice2'];

function answerSection(section: Section, protocol: Protocol, transport: LocalTransport, has: Has): string[] {
  const direction = has('answer-sendrecv') ? 'sendrecv' : protocol === 'whip' ? 'recvonly' : 'sendonly';
  const rids = section.values('rid').map((rid) => rid.split(' ')[0] ?? '');
  const taken = has('simulcast-halved') ? rids.slice(0, 2) : rids;
  const stream = has('answer-two-streams') ? `stream-${section.kind}` : 'stream';
  return [
    `${section.lines[0] ?? ''}${has('answer-own-codec') ? ' 126' : ''}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${section.mid}`,
    `a=${direction}`,
    ...section.lines.filter((line) => /^a=(rtpmap|fmtp|extmap):/.test(line)),
    ...(has('answer-without-mux') ? [] : ['a=rtcp-mux']),
    ...(has('answer-without-mux-only') ? [] : ['a=rtcp-mux-only']),
    ...(protocol === 'whep' ? [`a=msid:${stream} ${section.kind}`] : []),
    ...(taken.length > 0 ? [`a=simulcast:recv ${taken.join(';')}`] : []),
    ...credentials({
      ...transport.ice,
      ...(has('answer-short-password') && { password: transport.ice.password.slice(0, 8) }),
    }),
    `a=fingerprint:${fingerprint}`,
    `a=setup:${has('answer-active') ? 'active' : has('answer-actpass') ? 'actpass' : 'passive'}`,
    ...(has('answer-without-candidates') ? [] : [candidate(transport)]),
  ];
}

const credentials = ({ ufrag, password }: Credentials): string[] => [
  `a=ice-ufrag:${ufrag}`,
  `a=ice-pwd:${password}`,
];
const candidate = ({ port }: LocalTransport): string =>
  `a=candidate:1 1 udp 2130706431 127.0.0.1 ${port} typ host`;

/** An offer of the server's own. */
export function writeServerOffer(transport: LocalTransport, has: Has): string {
  const section = (kind: string, mid: number, codec: readonly string[]): string[] => [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${kind === 'audio' ? 111 : 96}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    has('offer-receives') ? 'a=recvonly' : 'a=sendonly',
    'a=msid:stream track',
    'a=rtcp-mux',
    ...codec,
    ...credentials(transport.ice),
    `a=fingerprint:${fingerprint}`,
    'a=setup:actpass',
    ...(has('offer-incomplete') ? [] : [candidate(transport)]),
  ];
  const video = ['a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1;profile-level-id=42e01f'];
  const sections = [...section('audio', 0, ['a=rtpmap:111 opus/48000/2']), ...section('video', 1, video)];
  return [...head, 'a=group:BUNDLE 0 1', ...ice, ...sections].map((line) => `${line}\r\n`).join('');
}

/** The server's part of an ICE restart. */
export function writeRestart(transport: LocalTransport, has: Has): string {
  const lines = [
    ...(has('restart-forgets-lite') ? ice.slice(1) : ice),
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=mid:0',
    ...credentials(transport.ice),
    ...(has('restart-without-candidates') ? [] : [candidate(transport)]),
  ];
  return lines.map((line) => line + (has('restart-line-feeds') ? '\n' : '\r\n')).join('');
}
