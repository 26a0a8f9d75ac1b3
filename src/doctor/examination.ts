import type { Patient, Vitals } from '#src/core/finding.ts';
import type { TapPacket } from '#src/core/media.ts';
import { SoundWatch } from './audio/sound-watch.ts';
import { encoderOf } from './encoder.ts';
import type { ClockReading, Symptom, Watch } from './symptom.ts';
import { AudienceWatch } from './transport/audience-watch.ts';
import { ClockWatch } from './transport/clock-watch.ts';
import { PresenceWatch } from './transport/presence-watch.ts';
import { WayWatch } from './transport/way-watch.ts';
import { CodecWatch } from './video/codec-watch.ts';
import { H264Watch } from './video/h264-watch.ts';
import { H265Watch } from './video/h265-watch.ts';
import { PaceWatch } from './video/pace-watch.ts';
import { PictureWatch } from './video/picture-watch.ts';

/** Everything that is watched of one publisher, from its coming to its going. */
export class Examination {
  readonly #video: readonly Watch[];
  readonly #audio: readonly Watch[];
  readonly #both: readonly Watch[];
  readonly #h264: H264Watch | undefined;
  readonly #h265 = new H265Watch();
  /** Arrival of the newest packet: what watches measure durations with. */
  #packetMs = 0;

  constructor(patient: Patient) {
    const video = patient.tracks.find(({ kind }) => kind === 'video');
    const audio = patient.tracks.find(({ kind }) => kind === 'audio');
    this.#h264 = video && new H264Watch(video);
    const pictures = new PictureWatch(encoderOf(patient.userAgent));
    this.#video =
      video && this.#h264 ? [this.#h264, this.#h265, pictures, new PaceWatch(), new CodecWatch()] : [];
    this.#audio = audio ? [new SoundWatch(audio)] : [];
    const clocks = new ClockWatch(patient.tracks);
    this.#both = [clocks, new PresenceWatch(patient), new WayWatch(), new AudienceWatch()];
  }

  get bFrames(): boolean {
    return this.#h265.bFrames || this.#h264?.bFrames(this.#packetMs) === true;
  }

  packet(packet: TapPacket): void {
    this.#packetMs = Math.max(this.#packetMs, packet.arrivedMs);
    for (const watch of packet.kind === 'video' ? this.#video : this.#audio) watch.packet?.(packet);
    for (const watch of this.#both) watch.packet?.(packet);
  }

  clock(reading: ClockReading): void {
    for (const watch of this.#both) watch.clock?.(reading);
  }

  report(vitals: Vitals, nowMs: number): void {
    for (const watch of this.#all()) watch.report?.(vitals, nowMs);
  }

  symptoms(nowMs: number): readonly Symptom[] {
    return this.#all().flatMap((watch) => watch.symptoms(nowMs));
  }

  #all(): readonly Watch[] {
    return [...this.#video, ...this.#audio, ...this.#both];
  }
}
