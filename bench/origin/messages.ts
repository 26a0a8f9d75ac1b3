/** What the bench tells its origin: to let time stand still or go on, to begin counting, to end it. Both of the latter report. */
export type OriginOrder = 'hold' | 'run' | 'count' | 'rest';

/** What was fetched since counting began: objects are distinct targets. */
export interface OriginReport {
  readonly port: number;
  readonly objects: number;
  readonly fetches: number;
}

/** What the players' process is told: whom to watch, or to begin the stretch that counts, or to end. */
export type PlayersOrder =
  { readonly port: number; readonly playlist: string; readonly clients: number } | 'measure' | 'end';

/** What players met since the stretch began. */
export interface PlayersReport {
  readonly connected: number;
  readonly watching: number;
  readonly playlists: number;
  readonly parts: number;
  readonly errors: number;
  readonly skippedParts: number;
  /** After the first player had a playlist, how long it took the others; told in the last report only. */
  readonly spread?: { readonly p50Ms: number; readonly p99Ms: number };
}

/** What the process that fetches is told. */
export interface FetchOrder {
  readonly port: number;
  readonly targets: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** What it did. */
export interface FetchReport {
  readonly requests: number;
  readonly errors: number;
  readonly bytes: number;
  readonly seconds: number;
}
