import type { Track } from 'node-datachannel';

import { packetiseTemporalUnit } from './obs-av1.ts';
import { type Recording, recordingFrameRateHz, recordingPacketRateHz } from './recording.ts';
import { readFeedback, writeSenderReport } from './rtcp-wire.ts';
import { packetiseNal, writeRtp } from './rtp-packetiser.ts';

/** What the publisher sent and was asked for. */
export interface ObsCounters {
  packets: number;
  bytes: number;
  /** Requests it was deaf to. */
  keyframeRequests: number;
  resent: number;
  /** Packets kept back on purpose. */
  withheld: number;
}

/** Says which video packets get lost on the way. */
export type Loss = (packet: { readonly rid: string; readonly sequence: number }) => boolean;

/** What a track sends. */
export interface ObsMedia {
  readonly kind: 'audio' | 'video';
  readonly payloadType: number;
  /** One encoding for each SSRC, the largest picture first: encoding n has the rid n. */
  readonly encodings: readonly { readonly ssrc: number; readonly recording: Recording }[];
  /** Pictures of the recording that are passed over, because the transport was not there yet. */
  readonly firstPicture: number;
  readonly loss: Loss;
}

/** Ids of the header extensions in OBS's offer. */
export const midExtension = 1;
export const ridExtension = 2;
const storeLimit = 4000;

/** One track as OBS sends it: each encoding numbered from 0, all of them in one store for NACK, reports in turns. */
export class ObsTrack {
  /** Held here: the binding falls silent when its track object is collected. */
  readonly track: Track;
  readonly #media: ObsMedia;
  readonly #counters: ObsCounters;
  /** By sequence number alone, and what is there stays: so a resend may bring the packet of another encoding. */
  readonly #store = new Map<number, Buffer>();
  readonly #sequences: number[];
  #next = 0;
  #reported = 0;
  #packets = 0;
  #bytes = 0;

  constructor(track: Track, media: ObsMedia, counters: ObsCounters) {
    this.track = track;
    this.#media = media;
    this.#counters = counters;
    this.#sequences = media.encodings.map(() => 0);
    track.onMessage((message) => this.#hear(message));
  }

  get #rateHz(): number {
    return this.#media.kind === 'video' ? recordingFrameRateHz : recordingPacketRateHz;
  }

  get #clockRateHz(): number {
    return this.#media.kind === 'video' ? 90_000 : 48_000;
  }

  /** Sends every picture or sound that is due. */
  sendUntil(mediaMs: number): void {
    for (; (this.#next * 1000) / this.#rateHz <= mediaMs; this.#next++) {
      const timestamp = (this.#next * this.#clockRateHz) / this.#rateHz;
      for (const index of this.#media.encodings.keys()) this.#sendUnit(index, timestamp);
    }
  }

  /** One encoding at a time reports, and counts what all of them sent. */
  sendReport(mediaMs: number): void {
    const { encodings } = this.#media;
    const { ssrc } = encodings[this.#reported++ % encodings.length]!;
    const timestamp = Math.round((mediaMs * this.#clockRateHz) / 1000);
    const counts = { packets: this.#packets, bytes: this.#bytes };
    this.#write(writeSenderReport({ ssrc, wallMs: Date.now(), timestamp, ...counts }));
  }

  #sendUnit(encoding: number, timestamp: number): void {
    const { recording } = this.#media.encodings[encoding]!;
    const payloads = this.#payloads(recording);
    for (const [index, payload] of payloads.entries()) {
      const marker = this.#media.kind === 'video' && index === payloads.length - 1;
      this.#send(encoding, payload, { timestamp, marker });
    }
  }

  #payloads({ codec, pictures, sounds }: Recording): readonly Buffer[] {
    if (this.#media.kind === 'audio') return [sounds[this.#next % sounds.length]!];
    const picture = pictures[(this.#next + this.#media.firstPicture) % pictures.length]!;
    if (codec === 'av1') return packetiseTemporalUnit(picture);
    return picture.flatMap((nal) => packetiseNal(nal, codec));
  }

  #send(
    encoding: number,
    payload: Buffer,
    fields: { readonly timestamp: number; readonly marker: boolean },
  ): void {
    const { ssrc } = this.#media.encodings[encoding]!;
    const sequence = this.#sequences[encoding]!++ & 0xffff;
    const rid = String(encoding);
    const isVideo = this.#media.kind === 'video';
    const named = [
      [midExtension, '1'],
      [ridExtension, rid],
    ] as const;
    const header = { payloadType: this.#media.payloadType, sequence, ssrc, extensions: isVideo ? named : [] };
    const packet = writeRtp({ ...header, ...fields }, payload);
    this.#keep(sequence, packet);
    this.#packets++;
    this.#bytes += payload.length;
    this.#counters.packets++;
    this.#counters.bytes += packet.length;
    if (isVideo && this.#media.loss({ rid, sequence })) this.#counters.withheld++;
    else this.#write(packet);
  }

  #keep(sequence: number, packet: Buffer): void {
    if (!this.#store.has(sequence)) this.#store.set(sequence, packet);
    const [oldest] = this.#store.keys();
    if (this.#store.size > storeLimit && oldest !== undefined) this.#store.delete(oldest);
  }

  /** The other side may close the track at any time, from a thread of its own; what is sent then is lost, as it would be. */
  #write(packet: Buffer): void {
    if (!this.track.isOpen()) return;
    try {
      this.track.sendMessageBinary(packet);
    } catch (error) {
      if (this.track.isOpen()) throw error;
    }
  }

  #hear(message: Buffer): void {
    const { missing, keyframeRequests } = readFeedback(message);
    this.#counters.keyframeRequests += keyframeRequests;
    for (const sequence of missing) {
      const packet = this.#store.get(sequence);
      if (packet === undefined) continue;
      this.#counters.resent++;
      this.#write(packet);
    }
  }
}
