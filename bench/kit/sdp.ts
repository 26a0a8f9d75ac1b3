/** What a load client takes from an SDP answer. */
export interface AnsweredEnd {
  readonly ip: string;
  readonly port: number;
  readonly remoteUfrag: string;
  readonly remotePassword: string;
  /** SHA-256 of the gateway's certificate. */
  readonly fingerprint: string;
}

/** Ids of the header extensions of load clients; the gateway answers with the same or leaves them out. */
const extensions = {
  sendTime: [2, 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'],
  transport: [3, 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01'],
  mid: [4, 'urn:ietf:params:rtp-hdrext:sdes:mid'],
} as const;

/** Payload types that load clients offer. */
export const payloadTypes = { opus: 111, h264: 96, rtx: 97 } as const;

interface OfferFacts {
  readonly ufrag: string;
  readonly fingerprint: string;
}

/** A viewer's offer with the feedback of a browser. */
export function viewerOffer(facts: OfferFacts): string {
  return offer(facts, { direction: 'recvonly', audio: [], video: [] });
}

/** SSRCs of a publisher. */
export interface PublisherSources {
  readonly audioSsrc: number;
  readonly videoSsrc: number;
}

/** A publisher's offer of one Opus and one H.264 track. */
export function publisherOffer(facts: OfferFacts, { audioSsrc, videoSsrc }: PublisherSources): string {
  const source = (ssrc: number): string[] => [`a=msid:load load`, `a=ssrc:${ssrc} cname:load`];
  return offer(facts, { direction: 'sendonly', audio: source(audioSsrc), video: source(videoSsrc) });
}

interface Sections {
  readonly direction: 'recvonly' | 'sendonly';
  readonly audio: readonly string[];
  readonly video: readonly string[];
}

function offer({ ufrag, fingerprint }: OfferFacts, { direction, audio, video }: Sections): string {
  const transport = [
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${ufrag.repeat(3)}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    'a=setup:actpass',
    ...Object.values(extensions).map(([id, uri]) => `a=extmap:${id} ${uri}`),
    `a=${direction}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
  ];
  const { opus, h264, rtx } = payloadTypes;
  const lines = [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    `m=audio 9 UDP/TLS/RTP/SAVPF ${opus}`,
    ...transport,
    'a=mid:0',
    `a=rtpmap:${opus} opus/48000/2`,
    `a=fmtp:${opus} minptime=10;useinbandfec=1`,
    `a=rtcp-fb:${opus} transport-cc`,
    ...audio,
    `m=video 9 UDP/TLS/RTP/SAVPF ${h264} ${rtx}`,
    ...transport,
    'a=mid:1',
    `a=rtpmap:${h264} H264/90000`,
    `a=fmtp:${h264} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f`,
    ...['goog-remb', 'transport-cc', 'ccm fir', 'nack', 'nack pli'].map(
      (feedback) => `a=rtcp-fb:${h264} ${feedback}`,
    ),
    `a=rtpmap:${rtx} rtx/90000`,
    `a=fmtp:${rtx} apt=${h264}`,
    ...video,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** Reads where and with which names the gateway is reached; throws when the answer lacks something. */
export function readAnswer(answer: string): AnsweredEnd {
  const candidate = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/im.exec(answer);
  if (candidate === null) throw new Error(`the answer has no UDP candidate:\n${answer}`);
  return {
    ip: candidate[1] ?? '',
    port: Number(candidate[2]),
    remoteUfrag: attribute(answer, 'ice-ufrag'),
    remotePassword: attribute(answer, 'ice-pwd'),
    fingerprint: attribute(answer, 'fingerprint')
      .replace(/^sha-256 /i, '')
      .toUpperCase(),
  };
}

/** SSRCs of a kind as the answer names them: the media's, then the retransmissions'; 0 for those it does not. */
export function answeredSsrcs(answer: string, kind: 'audio' | 'video'): readonly [number, number] {
  const section = answer.split(/^(?=m=)/m).find((part) => part.startsWith(`m=${kind}`)) ?? '';
  const pair = /^a=ssrc-group:FID (\d+) (\d+)/m.exec(section);
  if (pair !== null) return [Number(pair[1]), Number(pair[2])];
  return [Number(/^a=ssrc:(\d+)/m.exec(section)?.[1] ?? 0), 0];
}

/** Id under which the answer took an extension; 0 when it did not. */
export function answeredExtension(answer: string, name: keyof typeof extensions): number {
  const [id, uri] = extensions[name];
  return answer.includes(`a=extmap:${id} ${uri}`) ? id : 0;
}

function attribute(sdp: string, name: string): string {
  const value = new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1];
  if (value === undefined) throw new Error(`the answer has no a=${name}:\n${sdp}`);
  return value;
}
