import { afterEach, beforeEach, expect, vi } from 'vitest';

import type { SrtpKeys } from '#src/core/plane.ts';
import { makeCertificate, type GatewayCertificate } from '#src/rtc/certificate.ts';
import { DtlsClientSession } from '#src/rtc/dtls-client.ts';
import type { Fingerprint } from '#src/rtc/offer.ts';
import { ScriptedServer, type Script, type ServerIdentity } from './scripted-server.ts';

/** What becomes of a datagram on its way: nothing, itself, or others. */
export type Carry = (datagram: Buffer) => readonly Buffer[];
const asIs: Carry = (datagram) => [datagram];

/** Our client, whoever its server is. */
export const clientIdentity: Promise<GatewayCertificate> = makeCertificate();
/** A server that nobody has to make anew. */
export const serverIdentity: Promise<GatewayCertificate> = makeCertificate();

/** What a test may choose beside the script. */
export interface WireOptions extends Script {
  readonly identity?: ServerIdentity;
  readonly fingerprints?: readonly Fingerprint[];
}

/** Our DTLS client and a scripted server, with a wire between them on which nothing moves by itself. */
export class ClientWire implements Disposable {
  readonly client: DtlsClientSession;
  readonly server: ScriptedServer;
  readonly toServer: Buffer[] = [];
  readonly toClient: Buffer[] = [];
  readonly #underWay: (() => void)[] = [];
  up: Carry = asIs;
  down: Carry = asIs;
  keys: SrtpKeys | undefined;
  /** What the client told its owner, in order. */
  readonly events: string[] = [];

  private constructor(client: GatewayCertificate, identity: ServerIdentity, options: WireOptions) {
    this.server = new ScriptedServer(identity, options, (datagram) => {
      for (const one of this.down(datagram)) {
        this.toClient.push(one);
        this.#underWay.push(() => this.client.receive(one));
      }
    });
    this.client = new DtlsClientSession(client, options.fingerprints ?? [identity.fingerprint], {
      send: (datagram) => {
        for (const one of this.up(Buffer.from(datagram))) {
          this.toServer.push(one);
          this.#underWay.push(() => this.server.receive(one));
        }
      },
      secured: (keys) => {
        this.keys = keys;
        this.events.push('secured');
      },
      failed: (error) => this.events.push(error.message),
      closed: () => this.events.push('closed'),
    });
  }

  static async open(options: WireOptions = {}): Promise<ClientWire> {
    return new ClientWire(await clientIdentity, options.identity ?? (await serverIdentity), options);
  }

  /** Begins, and lets everything arrive. */
  shake(): this {
    this.client.begin();
    return this.pump();
  }

  /** Lets everything arrive that is under way, and what follows from it. */
  pump(): this {
    for (let move = this.#underWay.shift(); move; move = this.#underWay.shift()) move();
    return this;
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

/** Wires of a file's tests, on a clock that stands still: disposed behind each test, which must leave no timer running. */
export function clientWires(): { readonly open: (options?: WireOptions) => Promise<ClientWire> } {
  const wires: ClientWire[] = [];
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    for (const wire of wires.splice(0)) wire[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
  return {
    open: async (options = {}) => {
      const wire = await ClientWire.open(options);
      wires.push(wire);
      return wire;
    },
  };
}
