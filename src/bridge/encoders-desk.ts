import type { HardwareEncoderStatus } from '#src/core/status.ts';
import type { Log } from '#src/core/log.ts';
import {
  deviceOf,
  hardwareEncoders,
  software,
  type DeviceFound,
  type EncoderUse,
  type HardwareEncoder,
} from './encoders.ts';
import { probeEncoder } from './encoders-probe.ts';

/** Which encoder the operator wants: the best that works, x264, or a certain one with x264 behind it. */
export type EncoderWish = 'auto' | 'software' | HardwareEncoder;

/** What the desk is made of. */
export interface EncoderDeskDeps {
  readonly log: Log;
  /** Tries an encoder: undefined when it works, else why not. */
  readonly probe: (use: EncoderUse, signal: AbortSignal) => Promise<string | undefined>;
  readonly deviceOf?: (name: HardwareEncoder) => DeviceFound;
}

/** An encoder that stopped working gets another chance after so long: drivers are reset and updated. */
const retryMs = 10 * 60_000;

interface Entry {
  readonly use: EncoderUse;
  /** Why there can be no device. */
  readonly absent: string | undefined;
  works: boolean | undefined;
  reason: string | undefined;
}

/**
 * Knows which hardware encoders work: each is tried in the background by a short encode, and again when it failed in a stream.
 * Until the answer is there, x264 encodes. Where the machine has no device for one, no process is started to find out, unless it
 * was asked for by name.
 */
export class EncoderDesk implements Disposable {
  /** The first round of trials is over. */
  readonly settled: Promise<void>;
  readonly #deps: EncoderDeskDeps;
  readonly #entries: readonly Entry[];
  readonly #abort = new AbortController();
  readonly #timers = new Map<Entry, NodeJS.Timeout>();
  readonly #trying = new Set<Entry>();

  constructor(wish: EncoderWish, deps: EncoderDeskDeps) {
    this.#deps = deps;
    const find = deps.deviceOf ?? ((name): DeviceFound => deviceOf(name));
    const wished = hardwareEncoders.filter((name) => wish === 'auto' || wish === name);
    this.#entries = wished.map((name) => {
      const { device, absent } = find(name);
      const reason = wish === 'auto' ? absent : undefined;
      return { use: { name, device }, absent, works: reason === undefined ? undefined : false, reason };
    });
    const untried = this.#entries.filter(({ works }) => works === undefined);
    this.settled = Promise.all(untried.map((entry) => this.#try(entry))).then(() => undefined);
  }

  /** All that was looked for. */
  get report(): readonly HardwareEncoderStatus[] {
    return this.#entries.map(({ use, works, reason }) => ({
      name: use.name,
      works: works ?? null,
      reason: reason ?? null,
    }));
  }

  /** The best that works now. */
  choose(): EncoderUse {
    return this.#entries.find(({ works }) => works === true)?.use ?? software;
  }

  /** It failed in a stream: whether that was its fault, another trial tells. */
  doubt({ name }: EncoderUse): void {
    const entry = this.#entries.find(({ use }) => use.name === name);
    if (entry && !this.#trying.has(entry)) void this.#try(entry);
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #try(entry: Entry): Promise<void> {
    const { signal } = this.#abort;
    const before = entry.works;
    clearTimeout(this.#timers.get(entry));
    this.#trying.add(entry);
    const { absent } = entry;
    const fault = await this.#deps.probe(entry.use, signal);
    const reason = fault === undefined || absent === undefined ? fault : `${absent}; ${fault}`;
    this.#trying.delete(entry);
    if (signal.aborted) return;
    entry.works = reason === undefined;
    entry.reason = reason;
    const { name: encoder } = entry.use;
    if (reason === undefined) this.#deps.log.info({ encoder }, 'a hardware encoder works');
    else
      this.#deps.log[before === true ? 'warn' : 'info'](
        { encoder, reason },
        'a hardware encoder does not work',
      );
    if (before === undefined || reason === undefined) return;
    const timer = setTimeout(() => void this.#try(entry), retryMs).unref();
    this.#timers.set(entry, timer);
  }
}

/** A desk that tries encoders with this FFmpeg. */
export function openEncoderDesk(wish: EncoderWish, ffmpegPath: string, log: Log): EncoderDesk {
  return new EncoderDesk(wish, { log, probe: (use, signal) => probeEncoder(ffmpegPath, use, signal) });
}
