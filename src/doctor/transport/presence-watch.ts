import type { Patient, Vitals } from '#src/core/finding.ts';
import type { TrackKind } from '#src/core/media.ts';
import type { Symptom, Watch } from '../symptom.ts';

interface Flow {
  packets: number;
  movedMs: number;
}

const stoppedMs = 2_000;

/** Tells what was never announced, and what was but does not arrive. */
export class PresenceWatch implements Watch {
  readonly #announced: ReadonlySet<TrackKind>;
  readonly #flows: Partial<Record<TrackKind, Flow>> = {};
  /** The publisher has sent something, so it is connected. */
  #began = false;

  constructor({ tracks }: Patient) {
    this.#announced = new Set(tracks.map(({ kind }) => kind));
  }

  report({ publication }: Vitals, nowMs: number): void {
    for (const kind of this.#announced) {
      const layers = publication?.tracks.find((track) => track.kind === kind)?.layers ?? [];
      const packets = layers.reduce((sum, layer) => sum + layer.packets, 0);
      const flow = (this.#flows[kind] ??= { packets: 0, movedMs: nowMs });
      // Counters begin anew with a layer that is new.
      if (packets !== flow.packets || !this.#began) flow.movedMs = nowMs;
      if (packets > 0) this.#began = true;
      flow.packets = packets;
    }
  }

  symptoms(nowMs: number): readonly Symptom[] {
    const symptoms: Symptom[] = [];
    if (!this.#announced.has('video')) symptoms.push({ code: 'no-video', evidence: {} });
    if (!this.#announced.has('audio')) symptoms.push({ code: 'no-audio', evidence: {} });
    for (const kind of ['video', 'audio'] as const) {
      const flow = this.#flows[kind];
      const silentMs = flow ? nowMs - flow.movedMs : 0;
      if (silentMs > stoppedMs)
        symptoms.push({ code: `${kind}-stopped`, evidence: { stoppedMs: Math.round(silentMs) } });
    }
    return symptoms;
  }
}
