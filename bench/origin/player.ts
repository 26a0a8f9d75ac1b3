import { gunzipSync } from 'node:zlib';

import { getRequest, type RawAnswer, RawConnection, sourceOf } from './raw-client.ts';

/** Where players look. */
export interface Watched {
  readonly port: number;
  /** Path of the media playlist. */
  readonly playlist: string;
}

/** What all players of a process met together. */
export interface Met {
  playlists: number;
  parts: number;
  errors: number;
  skippedParts: number;
  readonly spreadsMs: number[];
}

/** What a playlist says to a player. */
interface Edge {
  /** Names of parts are numbered without holes: `…_p` and this and `.m4s` are the newest one. */
  readonly newest: number;
  readonly prefix: string;
  /** Directives that ask for what comes next. */
  readonly next: string;
  /** When the first of all players had it. */
  readonly atMs: number;
}

/** A player stays three parts behind; one that is further behind has nothing left to play. */
const holdBackParts = 3;
const spreadsKept = 200_000;

/** What players share: equal questions have equal answers, so each playlist is read once, and each request written once. */
export class Audience {
  readonly met: Met = { playlists: 0, parts: 0, errors: 0, skippedParts: 0, spreadsMs: [] };
  readonly watched: Watched;
  readonly #edges = new Map<string, Edge>();
  readonly #requests = new Map<string, Buffer>();

  constructor(watched: Watched) {
    this.watched = watched;
  }

  request(target: string): Buffer {
    const known = this.#requests.get(target);
    if (known) return known;
    const made = getRequest(target);
    keep(this.#requests, target, made);
    return made;
  }

  /** Reads an answer to these directives. */
  edge(directives: string, { body, gzip }: RawAnswer): Edge {
    const known = directives === '' ? undefined : this.#edges.get(directives);
    if (known) {
      if (this.met.spreadsMs.length < spreadsKept) this.met.spreadsMs.push(performance.now() - known.atMs);
      return known;
    }
    const read = readEdge((gzip ? gunzipSync(body) : body).toString());
    if (directives !== '') keep(this.#edges, directives, read);
    return read;
  }
}

/** The newest few dozen are all that anybody asks for. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > 64 && oldest !== undefined) map.delete(oldest);
}

function readEdge(text: string): Edge {
  const [, prefix = '', hinted] = /PRELOAD-HINT:TYPE=PART,URI="(\w+_p)(\d+)\.m4s"/.exec(text) ?? [];
  const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
  const complete = text.match(/#EXTINF/g)?.length ?? 0;
  const open = text.slice(text.lastIndexOf('#EXTINF')).match(/#EXT-X-PART:/g)?.length ?? 0;
  const next = `?_HLS_msn=${first + complete}&_HLS_part=${open}`;
  return { newest: Number(hinted) - 1, prefix, next, atMs: performance.now() };
}

/** One LL-HLS player: a blocking reload, the parts that it brought, the next reload. */
export class Player {
  readonly #audience: Audience;
  readonly #connection: RawConnection;
  #directives = '';
  /** The part that was fetched last; undefined before the first playlist. */
  #last: number | undefined;
  #edge: Edge | undefined;
  /** A part is being fetched. */
  #fetching = false;

  constructor(audience: Audience, index: number) {
    this.#audience = audience;
    this.#connection = new RawConnection({
      port: audience.watched.port,
      from: sourceOf(index),
      onAnswer: (answer) => this.#take(answer),
      onEnd: () => (audience.met.errors += 1),
    });
    this.#reload('');
  }

  get connected(): boolean {
    return this.#connection.connected;
  }

  /** Has the edge and follows it. */
  get watching(): boolean {
    return this.#last !== undefined;
  }

  close(): void {
    this.#connection.close();
  }

  #take(answer: RawAnswer): void {
    const { met } = this.#audience;
    if (answer.status !== 200) {
      met.errors += 1;
      // Begins anew, as players do; not at once, or an error would become a flood.
      setTimeout(() => this.#reload(''), 500);
      this.#last = undefined;
      return;
    }
    if (this.#fetching) {
      met.parts += 1;
      this.#last = (this.#last ?? 0) + 1;
    } else {
      met.playlists += 1;
      this.#edge = this.#audience.edge(this.#directives, answer);
      this.#last ??= this.#edge.newest - 1;
      const behind = this.#edge.newest - this.#last;
      if (behind > holdBackParts) {
        met.skippedParts += behind - holdBackParts;
        this.#last = this.#edge.newest - holdBackParts;
      }
    }
    this.#goOn();
  }

  #goOn(): void {
    const { watched } = this.#audience;
    if (!this.#edge || this.#last === undefined) return;
    this.#fetching = this.#last < this.#edge.newest;
    if (!this.#fetching) {
      this.#reload(this.#edge.next);
      return;
    }
    const folder = watched.playlist.slice(0, watched.playlist.lastIndexOf('/') + 1);
    this.#connection.send(this.#audience.request(`${folder}${this.#edge.prefix}${this.#last + 1}.m4s`));
  }

  #reload(directives: string): void {
    this.#fetching = false;
    this.#directives = directives;
    this.#connection.send(this.#audience.request(`${this.#audience.watched.playlist}${directives}`));
  }
}
