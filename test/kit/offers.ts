import { Audio, PeerConnection, Video } from 'node-datachannel';

/** What an offer asks for. */
export interface OfferOptions {
  readonly role: 'publisher' | 'viewer';
  readonly audio?: boolean;
  /** Number of video sections. */
  readonly videos?: number;
}

/** A real offer of libdatachannel, for tests that end before a packet flows. */
export function makeOffer({ role, audio = true, videos = 1 }: OfferOptions): string {
  const direction = role === 'publisher' ? 'SendOnly' : 'RecvOnly';
  const peer = new PeerConnection('offer', { iceServers: [], disableAutoNegotiation: true });
  const tracks = [];
  if (audio) {
    const media = new Audio('a', direction);
    media.addOpusCodec(111);
    if (role === 'publisher') media.addSSRC(1000, 'cname', 'S', 'S-audio');
    tracks.push(peer.addTrack(media));
  }
  for (let index = 0; index < videos; index++) {
    const media = new Video(`v${index}`, direction);
    media.addH264Codec(96);
    if (role === 'publisher') media.addSSRC(1001 + index, 'cname', 'S', `S-video${index}`);
    tracks.push(peer.addTrack(media));
  }
  peer.setLocalDescription();
  const offer = peer.localDescription()?.sdp ?? '';
  for (const track of tracks) track.close();
  peer.close();
  return offer;
}

/** Value of the first `a=name:` line of an SDP or fragment. */
export function attributeOf(sdp: string, name: string): string {
  const line = sdp.split(/\r?\n/).find((one) => one.startsWith(`a=${name}:`));
  if (line === undefined) throw new Error(`no a=${name} in ${sdp}`);
  return line.slice(name.length + 3);
}

/** A trickle-ice-sdpfrag (RFC 8840 section 9) for a client with these ICE credentials. */
export function makeFragment(credentials: { readonly ufrag: string; readonly password: string }): string {
  return [
    `a=ice-ufrag:${credentials.ufrag}`,
    `a=ice-pwd:${credentials.password}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=mid:a',
    'a=candidate:1 1 udp 2130706431 127.0.0.1 50000 typ host',
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}
