import type { Finding, FindingSeverity } from '#src/core/finding.ts';
import { adviceFor, catalogue, type FindingCode } from './catalogue.ts';
import type { Encoder } from './encoder.ts';
import type { Symptom } from './symptom.ts';

/** Hears when a finding appears and when it is gone. */
export interface CaseListener {
  appeared(finding: Finding): void;
  gone(finding: Finding): void;
}

/** When it is: for durations, and for people. */
export interface Moment {
  readonly nowMs: number;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
}

interface Case {
  /** When the symptom was first, and last, seen in this spell. */
  sinceMs: number;
  sinceWallMs: number;
  seenMs: number;
  finding: Finding | undefined;
}

const weight: Readonly<Record<FindingSeverity, number>> = { problem: 0, warning: 1, note: 2 };

/**
 * Makes findings of symptoms, each with patience: one appears only when it stayed for a while, and is gone only when it
 * stayed away for a while, so that nothing flaps. At most one case for each code.
 */
export class CaseBook {
  readonly #encoder: Encoder;
  readonly #listener: CaseListener;
  readonly #cases = new Map<FindingCode, Case>();
  #findings: readonly Finding[] = [];

  constructor(encoder: Encoder, listener: CaseListener) {
    this.#encoder = encoder;
    this.#listener = listener;
  }

  /** The worst first. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Everything that is so at this moment; what is not among it is not so. */
  update(symptoms: Iterable<Symptom>, { nowMs, wallMs }: Moment): void {
    for (const symptom of symptoms) this.#note(symptom, { nowMs, wallMs });
    for (const [code, one] of this.#cases) {
      if (one.seenMs === nowMs) continue;
      const patienceMs = one.finding ? catalogue[code].vanishMs : 0;
      if (nowMs - one.seenMs < patienceMs) continue;
      this.#cases.delete(code);
      if (one.finding) this.#listener.gone(one.finding);
    }
    this.#findings = [...this.#cases.values()]
      .flatMap(({ finding }) => finding ?? [])
      .toSorted((a, b) => weight[a.severity] - weight[b.severity]);
  }

  /** The publisher is gone, and all its findings. */
  close(): void {
    for (const { finding } of this.#cases.values()) if (finding) this.#listener.gone(finding);
    this.#cases.clear();
    this.#findings = [];
  }

  #note({ code, evidence }: Symptom, { nowMs, wallMs }: Moment): void {
    const one = this.#cases.get(code) ?? {
      sinceMs: nowMs,
      sinceWallMs: wallMs,
      seenMs: nowMs,
      finding: undefined,
    };
    this.#cases.set(code, one);
    one.seenMs = nowMs;
    const { severity, kind, message, appearMs } = catalogue[code];
    if (!one.finding && nowMs - one.sinceMs < appearMs) return;
    const isNew = one.finding === undefined;
    one.finding = {
      ...{ code, severity, kind, message, evidence },
      advice: adviceFor(code, this.#encoder),
      since: new Date(one.sinceWallMs).toISOString(),
    };
    if (isNew) this.#listener.appeared(one.finding);
  }
}
