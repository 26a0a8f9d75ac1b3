import { Audio, PeerConnection, type Track, Video } from 'node-datachannel';

import { exchange, type Exchange } from './http-exchange.ts';
import { until } from './wait.ts';

/** Authorization with a token, or none. */
export function bearer(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/** What a {@link TokenClient} does. */
export interface TokenClientOptions {
  /** WHIP or WHEP endpoint. */
  readonly url: string;
  readonly role: 'publisher' | 'viewer';
  readonly token: string;
}

const connectTimeoutMs = 10_000;

/** A real peer that shows a token, connects and stays, without media: for tests of how long it may stay. */
export class TokenClient implements AsyncDisposable {
  readonly location: string;
  readonly #token: string;
  readonly #peer: PeerConnection;
  readonly #tracks: readonly Track[];

  private constructor(
    peer: PeerConnection,
    tracks: readonly Track[],
    { location, token }: { readonly location: string; readonly token: string },
  ) {
    this.#peer = peer;
    this.#tracks = tracks;
    this.location = location;
    this.#token = token;
  }

  /** Resolves when it is connected; throws what the gateway said when it refused. */
  static async open({ url, role, token }: TokenClientOptions): Promise<TokenClient> {
    const peer = new PeerConnection(role, { iceServers: [], disableAutoNegotiation: true });
    const tracks = addTracks(peer, role);
    peer.setLocalDescription();
    const headers = { 'Content-Type': 'application/sdp', ...bearer(token) };
    const body = peer.localDescription()?.sdp ?? '';
    const answer = await exchange(url, { method: 'POST', headers, body });
    if (answer.status !== 201) {
      peer.close();
      throw new Error(`POST ${url} gave ${answer.status}: ${answer.body}`);
    }
    const client = new TokenClient(peer, tracks, { location: answer.headers.location ?? '', token });
    peer.setRemoteDescription(answer.body, 'answer');
    const detail = (): unknown => peer.state();
    await until('the peer is connected', () => client.connected, {
      timeoutMs: connectTimeoutMs,
      everyMs: 20,
      detail,
    });
    return client;
  }

  get connected(): boolean {
    return this.#peer.state() === 'connected';
  }

  /** DELETE with the token of the POST, or another one. */
  end(token: string | undefined = this.#token): Promise<Exchange> {
    return exchange(this.location, { method: 'DELETE', headers: bearer(token) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    for (const track of this.#tracks) track.close();
    this.#peer.close();
  }
}

function addTracks(peer: PeerConnection, role: TokenClientOptions['role']): readonly Track[] {
  const direction = role === 'publisher' ? 'SendOnly' : 'RecvOnly';
  const audio = new Audio('a', direction);
  audio.addOpusCodec(111);
  const video = new Video('v', direction);
  video.addH264Codec(96);
  if (role === 'publisher') {
    audio.addSSRC(1000, 'cname', 'S', 'S-audio');
    video.addSSRC(1001, 'cname', 'S', 'S-video');
  }
  return [peer.addTrack(audio), peer.addTrack(video)];
}
