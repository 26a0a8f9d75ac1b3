import { randomInt } from 'node:crypto';
import { Audio, type Track, Video } from 'node-datachannel';
import { idrPicture, opusSilence, pictureParameters, sequenceParameters } from './picture.ts';
import { Transport } from './transport.ts';

const frameMs = 40;
const soundMs = 20;
const videoPayloadType = 96;
const audioPayloadType = 111;

/** A publisher of a small grey picture and silence; nothing about it is optional for a server, so every server can show it. */
export class Publisher implements Disposable {
  readonly transport = new Transport();
  readonly #video: Sender;
  readonly #audio: Sender;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    const base = randomInt(1, 2 ** 31);
    const audio = new Audio('0', 'SendOnly');
    audio.addOpusCodec(audioPayloadType);
    audio.addSSRC(base, 'conformance', 'stream', 'stream-audio');
    this.#audio = new Sender(this.transport.add(audio), base, audioPayloadType);
    const video = new Video('1', 'SendOnly');
    video.addH264Codec(
      videoPayloadType,
      'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
    );
    video.addSSRC(base + 1, 'conformance', 'stream', 'stream-video');
    this.#video = new Sender(this.transport.add(video), base + 1, videoPayloadType);
  }

  /** An offer without a candidate, as OBS sends it. */
  offer(): string {
    return this.transport.offer(false);
  }

  /** Takes the answer and sends from now on, as soon as the transport is up. */
  play(answer: string): void {
    this.transport.accept(answer);
    const startedMs = performance.now();
    let pictures = 0;
    let sounds = 0;
    this.#timer = setInterval(() => {
      if (!this.transport.connected || !this.transport.tracksOpen) return;
      const mediaMs = performance.now() - startedMs;
      for (pictures = Math.max(pictures, Math.floor(mediaMs / frameMs) - 5); pictures * frameMs <= mediaMs;)
        this.#sendPicture(pictures++);
      for (
        sounds = Math.max(sounds, Math.floor(mediaMs / soundMs) - 10);
        sounds * soundMs <= mediaMs;
        sounds++
      )
        this.#audio.send(opusSilence, sounds * soundMs * 48, false);
    }, 10);
  }

  #sendPicture(index: number): void {
    const timestamp = index * frameMs * 90;
    this.#video.send(sequenceParameters, timestamp, false);
    this.#video.send(pictureParameters, timestamp, false);
    this.#video.send(idrPicture(index), timestamp, true);
  }

  /** Ends the transport. */
  close(): void {
    clearInterval(this.#timer);
    this.transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Numbers and sends the packets of one track. */
class Sender {
  readonly #track: Track;
  readonly #ssrc: number;
  readonly #payloadType: number;
  #sequence = randomInt(0, 2 ** 15);

  constructor(track: Track, ssrc: number, payloadType: number) {
    this.#track = track;
    this.#ssrc = ssrc;
    this.#payloadType = payloadType;
  }

  send(payload: Buffer, timestamp: number, marker: boolean): void {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header[1] = this.#payloadType | (marker ? 0x80 : 0);
    header.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    header.writeUInt32BE(timestamp >>> 0, 4);
    header.writeUInt32BE(this.#ssrc, 8);
    if (this.#track.isOpen()) this.#track.sendMessageBinary(Buffer.concat([header, payload]));
  }
}
