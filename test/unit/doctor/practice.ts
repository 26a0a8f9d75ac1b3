import { openDoctor, type PacketSource } from '#src/doctor/doctor.ts';
import type { FindingCode } from '#src/doctor/catalogue.ts';
import type { Doctor, Finding, Patient } from '#src/core/finding.ts';
import { nextPeerId, nextPublicationId } from '#src/core/ids.ts';
import { type Log, silentLog } from '#src/core/log.ts';
import type { Codec, TapPacket, Track, TrackKind } from '#src/core/media.ts';
import type { LayerReport, PeerReport, PublicationReport, TrackReport } from '#src/core/plane-report.ts';
import { isKeyframeStart } from '#src/rtp/keyframe.ts';
import type { Recording } from '#test/kit/recording.ts';
import { packetiseNal } from '#test/kit/rtp-packetiser.ts';
import { layerReport as layer } from '#test/kit/status-makers.ts';

export const obsAgent = 'Mozilla/5.0 (OBS-Studio/32.2.2; Linux x86_64; en-US)';
export const browserAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0';

export function video(fmtp = 'profile-level-id=640028;packetization-mode=1', codec: Codec = 'h264'): Track {
  return { kind: 'video', codec, clockRateHz: 90_000, fmtp, rids: [''] };
}

export function audio(fmtp = 'minptime=10;stereo=1;sprop-stereo=1'): Track {
  return { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp, rids: [''] };
}

/** 20 ms of stereo that is not silent. */
export const loud = Uint8Array.from({ length: 120 }, (_, index) => (index === 0 ? 0xfc : index));

type Payloads = readonly (readonly Uint8Array[])[];

/** The RTP payloads of each picture of a recording. */
export function payloadsOf({ pictures, codec }: Recording): Payloads {
  return pictures.map((nals) => nals.flatMap((nal) => packetiseNal(nal, codec === 'h265' ? codec : 'h264')));
}

/** What is sent from one moment to another. */
export interface Scene {
  readonly seconds: number;
  /** Sent at 30 a second unless `pictureMs` says otherwise. */
  readonly pictures?: Payloads;
  readonly pictureMs?: (index: number) => number;
  readonly sound?: Uint8Array;
  /** How much later than its media time a packet arrives. */
  readonly delayMs?: (kind: TrackKind, mediaMs: number) => number;
  /** A sender report each second: NTP time of a media time. */
  readonly ntpMs?: (kind: TrackKind, mediaMs: number) => number;
  readonly vitals?: (second: number) => Partial<VitalsChange>;
  readonly codec?: Codec;
}

interface VitalsChange {
  readonly video: Partial<LayerReport>;
  readonly audio: Partial<LayerReport>;
  readonly track: Partial<TrackReport>;
  readonly viewers: readonly Partial<PeerReport>[];
}

/** A doctor with a patient and a clock of the test's own. */
export class Practice {
  readonly doctor: Doctor;
  readonly logged: string[] = [];
  #listener: Parameters<PacketSource['listen']>[0] | undefined;
  #patient: Patient | undefined;
  #nowMs = 1_000_000;
  readonly #sequences: Record<TrackKind, number> = { video: 0, audio: 0 };
  readonly #packets: Record<TrackKind, number> = { video: 0, audio: 0 };
  #keyframes = 0;
  /** Media time that was sent so far. */
  #mediaMs = 0;

  constructor(patient: Partial<Patient> = {}) {
    const source: PacketSource = {
      listen: (listener) => {
        this.#listener = listener;
        return { [Symbol.dispose]: () => (this.#listener = undefined) };
      },
    };
    const clock = { nowMs: () => this.#nowMs, wallMs: () => 1_790_000_000_000 + this.#nowMs };
    const write: Log['info'] = ({ code }, sentence) => void this.logged.push(`${String(code)}: ${sentence}`);
    const log: Log = { ...silentLog, info: write, warn: write };
    this.doctor = openDoctor({ packets: source, clock, log });
    this.admit(patient);
  }

  get codes(): FindingCode[] {
    return this.doctor.findings.map(({ code }) => code as FindingCode);
  }

  get listens(): boolean {
    return this.#listener !== undefined;
  }

  find(code: FindingCode): Finding | undefined {
    return this.doctor.findings.find((finding) => finding.code === code);
  }

  /** Another publisher takes the stream. */
  admit(patient: Partial<Patient> = {}): void {
    this.#patient = { tracks: [video(), audio()], userAgent: obsAgent, ...patient };
    this.doctor.examine(this.#patient);
    this.#packets.video = 0;
    this.#packets.audio = 0;
    this.#keyframes = 0;
  }

  /** Plays a scene; gives all codes that were found at any second of it. */
  play(scene: Scene): ReadonlySet<FindingCode> {
    const seen = new Set<FindingCode>();
    const from = this.#mediaMs;
    const events = [...this.#pictures(scene), ...this.#sounds(scene), ...this.#seconds(scene, seen)];
    for (const { atMs, act } of events.toSorted((a, b) => a.atMs - b.atMs)) {
      this.#nowMs = 1_000_000 + from + atMs;
      act();
    }
    this.#mediaMs = from + scene.seconds * 1000;
    return seen;
  }

  *#pictures({
    seconds,
    pictures,
    pictureMs = (index) => (index * 1000) / 30,
    delayMs,
    codec,
  }: Scene): Iterable<Event> {
    const from = this.#mediaMs;
    for (let index = 0; pictures && pictureMs(index) < seconds * 1000; index += 1) {
      const mediaMs = pictureMs(index);
      const payloads = pictures[index % pictures.length] ?? [];
      const act = (): void =>
        this.#send('video', { codec: codec ?? 'h264', payloads, mediaMs: from + mediaMs });
      yield { atMs: mediaMs + (delayMs?.('video', from + mediaMs) ?? 0), act };
    }
  }

  *#sounds({ seconds, sound, delayMs }: Scene): Iterable<Event> {
    const from = this.#mediaMs;
    for (let mediaMs = 0; sound && mediaMs < seconds * 1000; mediaMs += 20) {
      const act = (): void =>
        this.#send('audio', { codec: 'opus', payloads: [sound], mediaMs: from + mediaMs });
      yield { atMs: mediaMs + (delayMs?.('audio', from + mediaMs) ?? 0), act };
    }
  }

  *#seconds({ seconds, vitals, ntpMs }: Scene, seen: Set<FindingCode>): Iterable<Event> {
    const from = this.#mediaMs;
    for (let second = 1; second <= seconds; second += 1) {
      const act = (): void => {
        for (const kind of ['video', 'audio'] as const) {
          if (!ntpMs) continue;
          const mediaMs = from + second * 1000;
          const timestamp = ticks(kind, mediaMs);
          this.#listener?.clock({ kind, timestamp, ntpMs: ntpMs(kind, mediaMs) });
        }
        this.#report(vitals?.(second) ?? {});
        for (const code of this.codes) seen.add(code);
      };
      yield { atMs: second * 1000 - 0.5, act };
    }
  }

  #send(kind: TrackKind, one: { codec: Codec; payloads: readonly Uint8Array[]; mediaMs: number }): void {
    const { codec, payloads, mediaMs } = one;
    const batch = payloads.map((payload, index): TapPacket => {
      const keyframe = isKeyframeStart(codec, payload);
      const timestamp = ticks(kind, mediaMs);
      const marker = index === payloads.length - 1;
      const sequence = (this.#sequences[kind] += 1);
      return { kind, codec, sequence, timestamp, marker, keyframe, payload, arrivedMs: this.#nowMs };
    });
    this.#packets[kind] += batch.length;
    if (kind === 'video' && batch.some(({ keyframe }) => keyframe)) this.#keyframes += 1;
    this.#listener?.packets(batch);
  }

  #report(change: Partial<VitalsChange>): void {
    const tracks = (this.#patient?.tracks ?? []).map(({ kind, codec }): TrackReport => {
      const counted = { packets: this.#packets[kind], keyframes: kind === 'video' ? this.#keyframes : 0 };
      const layers = [layer({ ...counted, ...change[kind] })];
      return { kind, codec, layers, ...(kind === 'video' ? change.track : {}) };
    });
    const publication: PublicationReport = { ...nobody, tracks };
    this.doctor.report({ publication, viewers: (change.viewers ?? []).map(viewer) });
  }
}

interface Event {
  readonly atMs: number;
  readonly act: () => void;
}

const nobody: PublicationReport = {
  publication: nextPublicationId(),
  publisher: undefined,
  tracks: [],
  viewers: {
    ...{ packetsSent: 0, bytesSent: 0, nacksReceived: 0, retransmitted: 0, keyframeRequestsReceived: 0 },
    ...{ rungChanges: 0, probePackets: 0 },
  },
};

function viewer(change: Partial<PeerReport>): PeerReport {
  return {
    ...{ peer: nextPeerId(), role: 'viewer', address: '', transport: 'udp', secure: true, silentMs: 0 },
    ...{ rttMs: 0, lossRatio: 0, packetsSent: 0, bytesSent: 0, nacksReceived: 0, retransmitted: 0 },
    ...{ keyframeRequestsReceived: 0, estimateBps: 0, estimateSource: 'none', rung: '', videoPaused: false },
    ...{ rungChanges: 0, probePackets: 0 },
    ...change,
  };
}

function ticks(kind: TrackKind, mediaMs: number): number {
  return Math.round(mediaMs * (kind === 'video' ? 90 : 48)) >>> 0;
}
