import type { SocketAddress } from '#src/core/engine.ts';
import { bindingSuccessResponse, isBindingSuccess, transactionOf } from '../stun.ts';

/** Checks that may wait for their answers at a time; an answer takes less than a millisecond. */
const maxWaiting = 32;

/**
 * Puts the address that the client really has into the answers to its checks. The media plane sees the relay's own address
 * and says so in XOR-MAPPED-ADDRESS; a client that believed it would take itself for somebody on our loopback interface
 * (RFC 8445 section 7.2.5.3.1).
 */
export class MappedAddress {
  readonly #remote: SocketAddress;
  readonly #transactions = new Uint32Array(maxWaiting);
  readonly #passwords: (string | undefined)[] = [];
  #next = 0;

  constructor(remote: SocketAddress) {
    this.#remote = remote;
  }

  /** A check goes to the media plane. */
  asked(transaction: number, password: string): void {
    const at = this.#next++ % maxWaiting;
    this.#transactions[at] = transaction;
    this.#passwords[at] = password;
  }

  /** What the client is to get for what the media plane answered: a success signed anew, everything else as it is. */
  answer(datagram: Buffer): Buffer {
    if (!isBindingSuccess(datagram)) return datagram;
    const at = this.#transactions.indexOf(transactionOf(datagram));
    const password = this.#passwords[at];
    return password === undefined ? datagram : bindingSuccessResponse({ datagram }, this.#remote, password);
  }
}
