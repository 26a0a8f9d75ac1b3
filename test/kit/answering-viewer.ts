import { PeerConnection, type Track } from 'node-datachannel';

import { exchange, type Exchange } from './http-exchange.ts';
import { until } from './wait.ts';

const connectTimeoutMs = 10_000;

/** A WHEP viewer that answers the gateway's offer instead of making one; it counts packets and decodes nothing. */
export class AnsweringViewer implements AsyncDisposable {
  /** Packets by the mid of their section; reports (RTCP) are not counted. */
  readonly packets = new Map<string, number>();
  readonly offered: Exchange;
  /** Absolute URL of the session. */
  readonly location: string;
  readonly #peer = new PeerConnection('answering', { iceServers: [], disableAutoNegotiation: true });
  /** Without a reference to it, a track falls silent. */
  readonly #tracks: Track[] = [];
  #answer = '';

  /** Takes the reply that carried the offer: a 201 to an empty POST, or a 406. */
  constructor(offered: Exchange) {
    this.offered = offered;
    this.location = offered.headers.location ?? '';
  }

  get connection(): string {
    return this.#peer.state();
  }

  /** The answer to the offer, as libdatachannel makes it. */
  async answer(): Promise<string> {
    if (this.#answer !== '') return this.#answer;
    this.#peer.onTrack((track) => this.#count(track));
    this.#peer.setRemoteDescription(this.offered.body, 'offer');
    this.#peer.setLocalDescription();
    const made = await until('there is an answer', () => this.#peer.localDescription() ?? undefined, {
      timeoutMs: connectTimeoutMs,
      everyMs: 10,
    });
    this.#answer = made.sdp;
    return this.#answer;
  }

  /** PATCHes the answer. */
  async send(answer?: string): Promise<Exchange> {
    const headers = { 'Content-Type': 'application/sdp' };
    return exchange(this.location, { method: 'PATCH', headers, body: answer ?? (await this.answer()) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await exchange(this.location, { method: 'DELETE' });
    this.#peer.close();
  }

  #count(track: Track): void {
    this.#tracks.push(track);
    track.onMessage((packet) => {
      const type = packet[1] ?? 0;
      if (type >= 192 && type <= 223) return;
      this.packets.set(track.mid(), (this.packets.get(track.mid()) ?? 0) + 1);
    });
  }
}
