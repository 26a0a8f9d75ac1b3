import { type Audio, PeerConnection, type Track, type Video } from 'node-datachannel';

/** States in which a transport is over. */
const over: readonly string[] = ['closed', 'disconnected', 'failed'];

/** A real peer of libdatachannel: ICE, DTLS and SRTP, no codecs. */
export class Transport implements Disposable {
  readonly #peer = new PeerConnection('conformance', { iceServers: [], disableAutoNegotiation: true });
  readonly #tracks: Track[] = [];
  #closed = false;

  /** Adds a track; `hear` gets every RTP and RTCP packet that comes in on it. */
  add(media: Audio | Video, hear?: (packet: Buffer) => void): Track {
    const track = this.#peer.addTrack(media);
    if (hear) track.onMessage(hear);
    // Held here: the binding falls silent when its track object is collected.
    this.#tracks.push(track);
    return track;
  }

  /** Takes what the tracks of a server's offer bring. */
  onTrack(hear: (packet: Buffer) => void): void {
    this.#peer.onTrack((track) => {
      track.onMessage(hear);
      this.#tracks.push(track);
    });
  }

  /** The offer, without candidates when these are left to ICE itself (RFC 9725 section 4.3.2). */
  offer(withCandidates: boolean): string {
    this.#peer.setLocalDescription();
    const sdp = this.#local();
    if (withCandidates) return sdp;
    const silent = sdp.split('\r\n').filter((line) => !/^a=(candidate|end-of-candidates)/.test(line));
    return silent
      .join('\r\n')
      .replaceAll(/^(m=\w+) \d+ /gm, '$1 9 ')
      .replaceAll(/^c=IN IP4 .*$/gm, 'c=IN IP4 0.0.0.0');
  }

  /** Takes the server's answer. */
  accept(answer: string): void {
    this.#peer.setRemoteDescription(answer, 'answer');
  }

  /** Answers the server's offer. */
  answer(offer: string): string {
    this.#peer.setRemoteDescription(offer, 'offer');
    this.#peer.setLocalDescription();
    return this.#local();
  }

  #local(): string {
    const sdp = this.#peer.localDescription()?.sdp;
    if (sdp === undefined) throw new Error('libdatachannel wrote no description');
    return sdp;
  }

  /** ICE and DTLS are up. */
  get connected(): boolean {
    return this.#peer.state() === 'connected';
  }

  /** The other side ended it, or the path is gone. */
  get over(): boolean {
    return over.includes(this.#peer.state());
  }

  get tracksOpen(): boolean {
    return this.#tracks.length > 0 && this.#tracks.every((track) => track.isOpen());
  }

  /** Ends it with a DTLS close_notify. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#peer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
