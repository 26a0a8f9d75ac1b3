import type { TapPacket, Track, TrackKind } from '#src/core/media.ts';
import type { ClockReading, Symptom, Watch } from '../symptom.ts';
import { ArrivalOffsets } from './arrival-offsets.ts';

/** 60 ms a minute: a player that follows is heard. Crystals part by a tenth of that. */
const driftLimitPpm = 1_000;
const skewLimitMs = 300;
const gapMs = 250;
const certainBursts = 3;
const burstsWithinMs = 30_000;

interface TrackClock {
  readonly ticksPerMs: number;
  readonly offsets: ArrivalOffsets;
  /** Capture time by sender report minus media time; undefined before the first report. */
  captureMs: number | undefined;
  arrivedMs: number;
  mediaMs: number;
}

/** Compares the timestamps with the times of arrival: drifting clocks, picture and sound apart, bursts. */
export class ClockWatch implements Watch {
  readonly #tracks = new Map<TrackKind, TrackClock>();
  /** When the last bursts came. */
  #bursts: number[] = [];

  constructor(tracks: readonly Track[]) {
    for (const { kind, clockRateHz } of tracks)
      this.#tracks.set(kind, {
        ...{ ticksPerMs: clockRateHz / 1000, offsets: new ArrivalOffsets(clockRateHz / 1000) },
        ...{ captureMs: undefined, arrivedMs: -1, mediaMs: 0 },
      });
  }

  packet({ kind, timestamp, arrivedMs }: TapPacket): void {
    const track = this.#tracks.get(kind);
    if (!track) return;
    const mediaMs = track.offsets.add(timestamp, arrivedMs);
    if (mediaMs === undefined) {
      track.captureMs = undefined;
      track.arrivedMs = -1;
      return;
    }
    const lateMs = arrivedMs - track.arrivedMs - Math.max(0, mediaMs - track.mediaMs);
    if (track.arrivedMs >= 0 && lateMs > gapMs) this.#burst(arrivedMs);
    track.arrivedMs = Math.max(track.arrivedMs, arrivedMs);
    track.mediaMs = mediaMs;
  }

  clock({ kind, timestamp, ntpMs }: ClockReading): void {
    const track = this.#tracks.get(kind);
    const mediaMs = track?.offsets.mediaMs(timestamp);
    if (track && mediaMs !== undefined) track.captureMs = ntpMs - mediaMs;
  }

  symptoms(nowMs: number): readonly Symptom[] {
    const symptoms: Symptom[] = [];
    for (const [kind, { offsets }] of this.#tracks) {
      const driftPpm = offsets.driftPpm;
      if (driftPpm === undefined || Math.abs(driftPpm) < driftLimitPpm) continue;
      symptoms.push({ code: 'clock-drift', evidence: { track: kind, driftPpm: Math.round(driftPpm) } });
      break;
    }
    const skewMs = this.#skewMs();
    if (Math.abs(skewMs) > skewLimitMs)
      symptoms.push({ code: 'av-skew', evidence: { videoBehindAudioMs: Math.round(skewMs) } });
    this.#bursts = this.#bursts.filter((atMs) => nowMs - atMs < burstsWithinMs);
    if (this.#bursts.length >= certainBursts)
      symptoms.push({ code: 'bursts', evidence: { bursts: this.#bursts.length, withinMs: burstsWithinMs } });
    return symptoms;
  }

  /** How much longer pictures are on their way than the sound of the same moment. */
  #skewMs(): number {
    const video = wayMs(this.#tracks.get('video'));
    const audio = wayMs(this.#tracks.get('audio'));
    return video === undefined || audio === undefined ? 0 : video - audio;
  }

  #burst(atMs: number): void {
    this.#bursts.push(atMs);
    if (this.#bursts.length > 32) this.#bursts.shift();
  }
}

/** From capture, by the publisher's clock, to arrival, by ours: only the difference of two such times means something. */
function wayMs(track: TrackClock | undefined): number | undefined {
  if (track?.captureMs === undefined) return undefined;
  const offsetMs = track.offsets.recentMs;
  return offsetMs === undefined ? undefined : offsetMs - track.captureMs;
}
