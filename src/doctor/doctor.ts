import type { Clock } from '#src/core/clock.ts';
import type { Doctor, Finding, Patient, Vitals } from '#src/core/finding.ts';
import type { Log } from '#src/core/log.ts';
import type { TapPacket } from '#src/core/media.ts';
import { CaseBook } from './case-book.ts';
import { encoderOf } from './encoder.ts';
import { Examination } from './examination.ts';
import type { ClockReading } from './symptom.ts';

/** Where the doctor gets a stream's packets from. */
export interface PacketSource {
  listen(listener: {
    packets(batch: readonly TapPacket[]): void;
    clock(reading: ClockReading): void;
  }): Disposable;
}

/** What a doctor needs. */
export interface DoctorDeps {
  readonly packets: PacketSource;
  readonly clock: Clock;
  /** Already knows the stream. */
  readonly log: Log;
}

/** Opens the doctor of one stream; it has nothing to do until somebody publishes. */
export function openDoctor(deps: DoctorDeps): Doctor {
  return new StreamDoctor(deps);
}

class StreamDoctor implements Doctor {
  readonly #deps: DoctorDeps;
  readonly #subscription: Disposable;
  #examination: Examination | undefined;
  #book: CaseBook;

  constructor(deps: DoctorDeps) {
    this.#deps = deps;
    this.#book = this.#newBook('');
    this.#subscription = deps.packets.listen({
      packets: (batch) => this.#packets(batch),
      clock: (reading) => this.#examination?.clock(reading),
    });
  }

  get findings(): readonly Finding[] {
    return this.#book.findings;
  }

  get bFrames(): boolean {
    return this.#examination?.bFrames === true;
  }

  examine(patient: Patient | undefined): void {
    this.#book.close();
    this.#book = this.#newBook(patient?.userAgent ?? '');
    this.#examination = patient && new Examination(patient);
  }

  report(vitals: Vitals): void {
    const examination = this.#examination;
    if (!examination) return;
    const nowMs = this.#deps.clock.nowMs();
    examination.report(vitals, nowMs);
    this.#book.update(examination.symptoms(nowMs), { nowMs, wallMs: this.#deps.clock.wallMs() });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.examine(undefined);
  }

  #packets(batch: readonly TapPacket[]): void {
    const examination = this.#examination;
    if (examination) for (const packet of batch) examination.packet(packet);
  }

  #newBook(userAgent: string): CaseBook {
    const { log } = this.#deps;
    return new CaseBook(encoderOf(userAgent), {
      appeared: ({ code, severity, message, advice, evidence }) =>
        log[severity === 'note' ? 'info' : 'warn']({ code, ...evidence, message, advice }, 'ingest finding'),
      gone: ({ code }) => log.info({ code }, 'ingest finding is gone'),
    });
  }
}
