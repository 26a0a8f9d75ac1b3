import { Audio, RtcpReceivingSession, type Track, Video } from 'node-datachannel';
import { Transport } from './transport.ts';

/** A viewer that decodes nothing and counts the RTP packets that come. */
export class Viewer implements Disposable {
  readonly transport = new Transport();
  /** RTP packets so far, of both kinds. */
  packets = 0;

  readonly #hear = (packet: Buffer): void => {
    // RTCP shares the way; its packet types lie between 64 and 95 (RFC 5761 section 4).
    const type = (packet[1] ?? 0) & 0x7f;
    if (type < 64 || type > 95) this.packets += 1;
  };

  /** Offers to receive, with every codec that libdatachannel can name, and with candidates. */
  offer(): string {
    const audio = new Audio('0', 'RecvOnly');
    audio.addOpusCodec(111);
    this.#receive(this.transport.add(audio, this.#hear));
    const video = new Video('1', 'RecvOnly');
    video.addH264Codec(96);
    video.addVP8Codec(97);
    video.addVP9Codec(98);
    video.addAV1Codec(99);
    video.addH265Codec(100);
    this.#receive(this.transport.add(video, this.#hear));
    return this.transport.offer(true);
  }

  /** Answers a server's offer. */
  answer(offer: string): string {
    this.transport.onTrack(this.#hear);
    return this.transport.answer(offer);
  }

  #receive(track: Track): void {
    track.setMediaHandler(new RtcpReceivingSession());
  }

  [Symbol.dispose](): void {
    this.transport.close();
  }
}
