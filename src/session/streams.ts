import type { PublicationId, StreamId } from '#src/core/ids.ts';
import { shuttingDown, tooManyStreams } from './failures.ts';
import { Stream, type StreamDeps } from './stream.ts';

/** All streams of this node. */
export class Streams implements AsyncDisposable {
  readonly #byId = new Map<StreamId, Stream>();
  readonly #byPublication = new Map<PublicationId, Stream>();
  readonly #deps: Omit<StreamDeps, 'onEnd'>;
  readonly #subscription: Disposable;
  #refusing = false;

  constructor(deps: Omit<StreamDeps, 'onEnd'>) {
    this.#deps = deps;
    this.#subscription = deps.plane.listen((event) => {
      if (event.type !== 'media-flows') return;
      const stream = this.#byPublication.get(event.publication);
      if (stream) stream.flowing = event.flowing;
    });
  }

  get all(): Iterable<Stream> {
    return this.#byId.values();
  }

  find(id: StreamId): Stream | undefined {
    return this.#byId.get(id);
  }

  /** From here on nobody new comes in; those who are here stay. */
  refuseNew(): void {
    this.#refusing = true;
  }

  /** Throws `shutting-down` when nobody new comes in. */
  checkOpen(): void {
    if (this.#refusing) throw shuttingDown();
  }

  /** The stream of this name, opened when it is not there; throws `too-many-streams` and `shutting-down`. */
  open(id: StreamId): Stream {
    this.checkOpen();
    const found = this.#byId.get(id);
    if (found) return found;
    const limit = this.#deps.config().maxStreams;
    if (this.#byId.size >= limit) throw tooManyStreams(limit);
    const stream = new Stream(id, { ...this.#deps, onEnd: (ended) => this.#forget(ended) });
    this.#byId.set(id, stream);
    this.#byPublication.set(stream.publication, stream);
    return stream;
  }

  /** WebRTC viewers of this node, those being answered included. */
  get interactiveViewers(): number {
    let count = 0;
    for (const stream of this.#byId.values()) count += stream.interactiveViewers;
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuseNew();
    await Promise.all([...this.#byId.values()].map((stream) => stream.end()));
    this.#subscription[Symbol.dispose]();
  }

  #forget(stream: Stream): void {
    this.#byId.delete(stream.id);
    this.#byPublication.delete(stream.publication);
  }
}
