/** Words that both threads of a race see. */
export const raceWord = {
  /** Heats called so far; the writer waits for the next one. */
  called: 0,
  /** Records of the heat that was called; 0 ends the race. */
  records: 1,
  /** Heats that were run. */
  run: 2,
} as const;

/** What the racing thread is given. */
export interface Race {
  readonly memory: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
}

/** Smallest and largest body that is written. */
export const bodyBytes = { least: 400, most: 1_300 } as const;
