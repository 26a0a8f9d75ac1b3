import type { RunningClient } from './interop-publishers.ts';

/**
 * Speaks to the server as the scripts do that MediaMTX ships for its pages: OPTIONS with the token for ICE servers, POST that
 * must give 201, PATCH of plain candidates under `If-Match: *` that must give 204, neither PATCH nor DELETE with a token.
 */
class MediamtxLike implements RunningClient {
  readonly peer: RTCPeerConnection;
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #waiting: RTCIceCandidate[] = [];
  #session = '';
  #failure: Error | undefined;

  private constructor(url: string, token: string | undefined, iceServers: RTCIceServer[]) {
    this.#url = url;
    this.#token = token;
    this.peer = new RTCPeerConnection({ iceServers });
    this.peer.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate === null) return;
      if (this.#session === '') this.#waiting.push(candidate);
      else void this.#trickle([candidate]);
    });
  }

  static async open(url: string, token: string | undefined): Promise<MediamtxLike> {
    const response = await fetch(url, { method: 'OPTIONS', headers: bearer(token) });
    return new MediamtxLike(url, token, iceServersOf(response.headers.get('Link')));
  }

  async negotiate(edit: (sdp: string) => string): Promise<void> {
    const { sdp = '' } = await this.peer.createOffer();
    const offer = edit(sdp);
    await this.peer.setLocalDescription({ type: 'offer', sdp: offer });
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { ...bearer(this.#token), 'Content-Type': 'application/sdp' },
      body: offer,
    });
    if (response.status !== 201) throw new Error(`POST gave ${response.status}`);
    this.#session = new URL(response.headers.get('location') ?? '', this.#url).href;
    await this.peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    if (this.#waiting.length > 0) await this.#trickle(this.#waiting.splice(0));
    if (this.#failure) throw this.#failure;
  }

  async stop(): Promise<void> {
    await fetch(this.#session, { method: 'DELETE' });
    this.peer.close();
    if (this.#failure) throw this.#failure;
  }

  async #trickle(candidates: readonly RTCIceCandidate[]): Promise<void> {
    const offer = this.peer.localDescription?.sdp ?? '';
    const line = (pattern: RegExp): string => pattern.exec(offer)?.[0] ?? '';
    const sections = offer.match(/^m=.*$/gm) ?? [];
    const parts = sections.flatMap((section, index) => {
      const own = candidates.filter(({ sdpMLineIndex }) => sdpMLineIndex === index);
      if (own.length === 0) return [];
      return [section, `a=mid:${index}`, ...own.map(({ candidate }) => `a=${candidate}`)];
    });
    const fragment = [line(/^a=ice-ufrag:.*$/m), line(/^a=ice-pwd:.*$/m), ...parts, ''].join('\r\n');
    const response = await fetch(this.#session, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' },
      body: fragment,
    });
    if (response.status !== 204) this.#failure = new Error(`PATCH gave ${response.status}`);
  }
}

/** Publishes every track of a stream. */
export async function publishLikeMediamtx(
  url: string,
  token: string | undefined,
  stream: MediaStream,
): Promise<RunningClient> {
  const client = await MediamtxLike.open(url, token);
  for (const track of stream.getTracks()) client.peer.addTrack(track, stream);
  await client.negotiate((sdp) => sdp.replaceAll(/a=sendrecv/g, 'a=sendonly'));
  return client;
}

/** Watches with a data channel in the offer, stereo and sound formats that few servers have. */
export async function watchLikeMediamtx(
  url: string,
  token: string | undefined,
  video: HTMLVideoElement,
): Promise<RunningClient> {
  const client = await MediamtxLike.open(url, token);
  client.peer.addTransceiver('video', { direction: 'recvonly' });
  client.peer.addTransceiver('audio', { direction: 'recvonly' });
  client.peer.createDataChannel('');
  client.peer.addEventListener('track', ({ streams: [stream] }) => {
    video.srcObject = stream ?? null;
  });
  await client.negotiate(withMoreSound);
  return client;
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/** Reads a Link header as these scripts do: parts at ", ", parameters in one order only. */
function iceServersOf(header: string | null): RTCIceServer[] {
  const pattern =
    /^<(.+?)>; rel="ice-server"(?:; username="(.*?)"; credential="(.*?)"; credential-type="password")?/i;
  return (header?.split(', ') ?? []).flatMap((link) => {
    const [, urls, username, credential] = pattern.exec(link) ?? [];
    if (urls === undefined) return [];
    const quoted = (text: string): string => JSON.parse(`"${text}"`) as string;
    if (username === undefined || credential === undefined) return [{ urls }];
    return [{ urls, username: quoted(username), credential: quoted(credential) }];
  });
}

/** Asks for Opus in stereo and offers multi-channel Opus and raw PCM under payload types that are free. */
function withMoreSound(sdp: string): string {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2$/im.exec(sdp)?.[1];
  if (opus === undefined) throw new Error('no Opus in the offer');
  const used = new Set([...sdp.matchAll(/^a=rtpmap:(\d+) /gm)].map(([, type]) => Number(type)));
  const free = Array.from({ length: 20 }, (_, index) => 36 + index).filter((type) => !used.has(type));
  const [multi, raw] = free;
  const lines = [
    `a=rtpmap:${multi} multiopus/48000/6`,
    `a=fmtp:${multi} channel_mapping=0,4,1,2,3,5;coupled_streams=2;num_streams=4`,
    `a=rtpmap:${raw} L16/48000/2`,
  ];
  return sdp
    .replace(new RegExp(`^(a=fmtp:${opus} .*)$`, 'm'), '$1;stereo=1;sprop-stereo=1')
    .replace(/^(m=audio .*)$/m, `$1 ${multi} ${raw}`)
    .replace(/^(a=rtpmap:\d+ opus\/48000\/2)$/im, `${lines.join('\r\n')}\r\n$1`);
}
