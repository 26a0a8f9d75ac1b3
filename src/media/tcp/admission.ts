import type { RelayLimits } from './limits.ts';
import type { RefusalReason } from './tally.ts';

interface AddressCount {
  connections: number;
  /** Of these, the ones that have not yet proved whose they are. */
  strangers: number;
}

/** Counts connections by remote address, and says who is one too many. Holds an entry for each address that has any. */
export class Admission {
  readonly #limits: RelayLimits;
  readonly #byAddress = new Map<string, AddressCount>();
  #total = 0;

  constructor(limits: RelayLimits) {
    this.#limits = limits;
  }

  get connections(): number {
    return this.#total;
  }

  /** A connection wants in: counts it as a stranger, or says why it may not. */
  enter(ip: string): RefusalReason | undefined {
    const { connections, connectionsPerAddress, strangersPerAddress } = this.#limits;
    if (this.#total >= connections) return 'full';
    const count = this.#byAddress.get(ip) ?? { connections: 0, strangers: 0 };
    if (count.connections >= connectionsPerAddress || count.strangers >= strangersPerAddress)
      return 'full-address';
    count.connections++;
    count.strangers++;
    this.#byAddress.set(ip, count);
    this.#total++;
    return undefined;
  }

  /** It proved whose it is. */
  known(ip: string): void {
    const count = this.#byAddress.get(ip);
    if (count !== undefined) count.strangers--;
  }

  /** It is no more. */
  leave(ip: string, wasStranger: boolean): void {
    const count = this.#byAddress.get(ip);
    if (count === undefined) return;
    this.#total--;
    count.connections--;
    if (wasStranger) count.strangers--;
    if (count.connections === 0) this.#byAddress.delete(ip);
  }
}
