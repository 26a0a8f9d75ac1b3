import type { Log } from '#src/core/log.ts';
import type { Drops } from './drops.ts';

/**
 * Keeps a mistake in the handling of one packet from ending the thread that serves everybody else. It is counted at once
 * and told once a second: a packet that breaks something comes thousands of times.
 */
export class Troubles {
  readonly #drops: Drops;
  readonly #log: Log;
  #last: unknown;
  #sinceSpoken = 0;

  constructor(drops: Drops, log: Log) {
    this.#drops = drops;
    this.#log = log;
  }

  /** Runs `work`; what it throws is noted. */
  guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.note(error);
    }
  }

  /** Counts an error and keeps it for {@link speak}. */
  note(error: unknown): void {
    this.#drops.note('bug');
    this.#last = error;
    this.#sinceSpoken++;
  }

  /** Logs the last error and how many there were since the last time. */
  speak(): void {
    if (this.#sinceSpoken === 0) return;
    this.#log.error(
      { err: this.#last, times: this.#sinceSpoken },
      'media plane went wrong on a packet or command',
    );
    this.#last = undefined;
    this.#sinceSpoken = 0;
  }
}
