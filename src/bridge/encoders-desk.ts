import type { HardwareEncoderStatus } from '#src/core/status.ts';
import type { Log } from '#src/core/log.ts';
import {
  deviceOf,
  hardwareEncoders,
  isHardware,
  software,
  type DeviceFound,
  type EncoderUse,
  type HardwareEncoder,
  type SoftwareEncoder,
} from './encoders.ts';
import { probeEncoder } from './encoders-probe.ts';
import type { FfmpegFound } from './ffmpeg.ts';

/** Which encoder the operator wants: the best that works, x264, or a certain one with x264 behind it. */
export type EncoderWish = 'auto' | 'software' | HardwareEncoder;

/** What the desk is made of. */
export interface EncoderDeskDeps {
  readonly log: Log;
  /** Tries an encoder: undefined when it works, else why not. */
  readonly probe: (use: EncoderUse, signal: AbortSignal) => Promise<string | undefined>;
  readonly deviceOf?: (name: HardwareEncoder) => DeviceFound;
  /** Encoders in software that there are, the best first; absent: x264. */
  readonly software?: readonly SoftwareEncoder[];
}

/** An encoder that stopped working gets another chance after so long: drivers are reset and updated. */
const retryMs = 10 * 60_000;
/** A trial of what stands in for x264, with nothing behind it: a machine that starts has more to do. */
const patientTimeoutMs = 10_000;
/** Sooner where nothing else encodes: a machine may just have been too busy for the trial. */
const lackRetryMs = 60_000;

const noX264 = 'this FFmpeg has no libx264';
const remedy = 'install a full build of FFmpeg (Debian: apt-get install -y ffmpeg)';

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
 * was asked for by name. What builds of FFmpeg without x264 have in its place is tried like hardware, and taken last.
 */
export class EncoderDesk implements Disposable {
  /** The first round of trials is over. */
  readonly settled: Promise<void>;
  readonly #deps: EncoderDeskDeps;
  readonly #entries: readonly Entry[];
  readonly #hasX264: boolean;
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
    const builtIn = deps.software ?? ['software'];
    this.#hasX264 = builtIn.includes('software');
    if (!this.#hasX264) this.#entries = [...this.#entries, ...builtIn.map(inItsPlace)];
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

  /** The best that works now; undefined when there is none. */
  choose(): EncoderUse | undefined {
    return this.#entries.find(({ works }) => works === true)?.use ?? this.steady;
  }

  /** The one to fall back on. */
  get steady(): EncoderUse | undefined {
    if (this.#hasX264) return software;
    return this.#entries.find(({ use, works }) => works === true && !isHardware(use.name))?.use;
  }

  /** Why nothing can be encoded; undefined when it can. */
  get lack(): string | undefined {
    if (this.choose()) return undefined;
    const isTrying = this.#entries.some(({ works }) => works === undefined);
    return isTrying
      ? `${noX264}; other encoders are being tried`
      : `${noX264}, and no other encoder works; ${remedy}`;
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
    if (reason === undefined) this.#deps.log.info({ encoder }, 'an encoder works');
    else this.#deps.log[before === true ? 'warn' : 'info']({ encoder, reason }, 'an encoder does not work');
    if (reason === undefined || (before === undefined && this.#hasX264)) return;
    const againMs = this.choose() ? retryMs : lackRetryMs;
    const timer = setTimeout(() => void this.#try(entry), againMs).unref();
    this.#timers.set(entry, timer);
  }
}

/** An encoder that is believed in only when it has been tried. */
function inItsPlace(name: SoftwareEncoder): Entry {
  return { use: { name, device: '' }, absent: undefined, works: undefined, reason: undefined };
}

/** A desk that tries encoders with this FFmpeg. */
export function openEncoderDesk(wish: EncoderWish, { path, software }: FfmpegFound, log: Log): EncoderDesk {
  const probe = (use: EncoderUse, signal: AbortSignal): Promise<string | undefined> =>
    probeEncoder(path, use, signal, isHardware(use.name) ? undefined : patientTimeoutMs);
  return new EncoderDesk(wish, { log, probe, ...(software && { software }) });
}
