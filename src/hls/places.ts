import type { StreamId } from '#src/core/ids.ts';

/** What takes a place: one life of a stream. */
export interface Resident extends AsyncDisposable {
  /** In every URL below the multivariant playlist. */
  readonly incarnation: string;
  /** It has ended, and stays readable for a while. */
  readonly finished: boolean;
  /** Somebody may have a playlist of it. */
  readonly wasSeen: boolean;
  readonly closed: Promise<unknown>;
}

/** Lives of one name that have ended and are still played, the one that holds the name not counted. */
const mostFormer = 2;

interface Place<R> {
  readonly stream: StreamId;
  readonly resident: R;
}

/**
 * Who is to be found under which name. A stream that ended gives its name to the next one, but players behind its end go on
 * with its own URLs. Every life has a place, and there are so many: that bounds the memory of all windows.
 */
export class Places<R extends Resident> {
  /** The oldest first. */
  #places: readonly Place<R>[] = [];
  readonly #byName = new Map<StreamId, R>();

  /** Places that are taken. */
  get size(): number {
    return this.#places.length;
  }

  /** Who holds the name. */
  find(stream: StreamId): R | undefined {
    return this.#byName.get(stream);
  }

  /** Who answers for this path below the name: whose incarnation it begins with, else who holds the name. */
  answering(stream: StreamId, path: string): R | undefined {
    const newest = this.#byName.get(stream);
    const [incarnation] = path.split('/', 1);
    if (!newest || newest.incarnation === incarnation) return newest;
    const former = this.#of(stream).find(({ resident }) => resident.incarnation === incarnation);
    return former?.resident ?? newest;
  }

  /** Gives a name, and a place until it closes. Who had the name keeps a place while somebody may be playing it. */
  add(stream: StreamId, resident: R): void {
    const before = this.#byName.get(stream);
    if (before?.wasSeen === false) this.#evict(before);
    for (const { resident: oldest } of this.#of(stream).slice(0, -mostFormer)) this.#evict(oldest);
    this.#places = [...this.#places, { stream, resident }];
    this.#byName.set(stream, resident);
    void resident.closed.then(() => this.#leave(resident));
  }

  /** Frees the place of whoever ended first; false when nobody has. */
  freeOne(): boolean {
    const formers = this.#places.filter(({ resident }) => resident.finished);
    const [ended] = formers.toSorted((a, b) => Number(this.#holds(a)) - Number(this.#holds(b)));
    if (!ended) return false;
    this.#evict(ended.resident);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#places.map(({ resident }) => resident[Symbol.asyncDispose]()));
  }

  #of(stream: StreamId): readonly Place<R>[] {
    return this.#places.filter((place) => place.stream === stream);
  }

  #holds({ stream, resident }: Place<R>): boolean {
    return this.#byName.get(stream) === resident;
  }

  #evict(resident: R): void {
    this.#leave(resident);
    void resident[Symbol.asyncDispose]();
  }

  #leave(resident: R): void {
    const place = this.#places.find((one) => one.resident === resident);
    if (!place) return;
    if (this.#holds(place)) this.#byName.delete(place.stream);
    this.#places = this.#places.filter((one) => one !== place);
  }
}
