/** Datagrams that wait at most; a client repeats what was dropped (RFC 6347 section 4.2.4). */
const maxWaiting = 4_096;

/**
 * Lets one handshake datagram be worked on per turn of the event loop, in the order they came. A step of a handshake takes
 * milliseconds, and the media plane hands over many at a time: done in one go, a storm of them would hold up every playlist
 * request and join for as long as it lasts.
 */
export class HandshakeLine implements Disposable {
  /** Datagrams for which there was no room. */
  dropped = 0;
  #waiting: (() => void)[] = [];
  /** The next to be worked on; what is before it was. */
  #next = 0;
  #turn: NodeJS.Immediate | undefined;

  /** Waits for its turn, which never comes when too many wait already. */
  add(work: () => void): void {
    if (this.#waiting.length - this.#next >= maxWaiting) {
      this.dropped += 1;
      return;
    }
    this.#waiting.push(work);
    this.#turn ??= setImmediate(this.#work);
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#waiting = [];
    this.#next = 0;
  }

  readonly #work = (): void => {
    const work = this.#waiting[this.#next++];
    if (this.#next >= this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
      this.#turn = undefined;
    } else {
      // Taking the first out of a long array each time would cost more than the walk.
      if (this.#next >= maxWaiting) this.#waiting.splice(0, this.#next);
      if (this.#next >= maxWaiting) this.#next = 0;
      this.#turn = setImmediate(this.#work);
    }
    work?.();
  };
}
