import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerId, PublicationId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import type { IceCredentials, MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import type { PeerReport, PlaneReport } from '#src/core/plane-report.ts';
import { addressText, socketAddress } from '../address.ts';
import { PlaneProxy } from '../plane-proxy.ts';
import { defaultLimits, type RelayLimits } from './limits.ts';
import { openInlineRelay, openRelayThread, type HearRelay, type RelayHost } from './relay-host.ts';
import type { RelayEvent, RelaySettings } from './relay-messages.ts';
import type { RelayCounts } from './tally.ts';

/** The TCP port of a media plane. */
export interface TcpOptions {
  /** `same` is the number of the (first) UDP port. */
  readonly port: number | 'same' | 'off';
  readonly limits?: Partial<RelayLimits>;
}

/** What the plane behind it was opened with, as far as it matters here. */
interface PlaneFacts {
  /** The system chose the UDP port, so nobody counts on its number. */
  readonly anyPort: boolean;
  readonly address?: string | undefined;
  readonly inline?: boolean | undefined;
  readonly silenceTimeoutMs?: number | undefined;
}

const loopback = '127.0.0.1';
/** A relay that died is opened again; not faster than this, so that a reason that stays is no busy loop. */
const reopenMs = 1_000;
/** The media plane forgets an address at its silence time-out; what it sent before arrives a little later. */
const lingerSlackMs = 2_000;

/**
 * Puts a TCP port in front of a media plane and takes the plane over. Throws Failure `rtc-tcp-port-in-use` or
 * `rtc-tcp-port-refused`; the plane is closed then.
 */
export async function openTcpPlane(
  plane: MediaPlane,
  options: TcpOptions & PlaneFacts,
  log: Log,
): Promise<MediaPlane> {
  const { port, limits, anyPort, address, inline = false, silenceTimeoutMs = 0 } = options;
  const isSame = typeof port !== 'number';
  const settings: RelaySettings = {
    port: isSame ? plane.port : port,
    orAnyPort: isSame && anyPort,
    address,
    mediaIp: address ?? loopback,
    limits: {
      ...defaultLimits,
      lingerMs: Math.max(defaultLimits.lingerMs, silenceTimeoutMs + lingerSlackMs),
      ...limits,
    },
  };
  const open = inline ? openInlineRelay : openRelayThread;
  const wrapped = new TcpPlane(plane, { mediaIp: settings.mediaIp, log });
  try {
    await wrapped.start((hear, known) =>
      open(known === undefined ? settings : { ...settings, port: known, orAnyPort: false }, log, hear),
    );
  } catch (error) {
    await wrapped[Symbol.asyncDispose]();
    throw error;
  }
  log.info({ port: wrapped.tcpPort }, 'TCP port open for clients whose UDP is blocked');
  return wrapped;
}

/** Opens a relay; on the port that it had, when it had one. */
type OpenRelay = (hear: HearRelay, known: number | undefined) => Promise<RelayHost>;

/** What a relay must know of a peer. */
interface KnownPeer {
  readonly workerPort: number;
  /** Newest last; two during an ICE restart. */
  credentials: readonly IceCredentials[];
}

/**
 * A media plane that is reached over TCP as well. The plane behind it knows nothing of TCP: the relay hears the same commands,
 * and where the plane tells of an address that is the relay's, it is replaced by the client's.
 */
class TcpPlane extends PlaneProxy {
  readonly #plane: MediaPlane;
  readonly #mediaIp: string;
  readonly #log: Log;
  /** Where peers were placed that were not yet added. */
  readonly #placed = new Map<PeerId, number>();
  readonly #peers = new Map<PeerId, KnownPeer>();
  /** Who is really behind an address of the relay, by the address as the plane writes it. */
  readonly #clients = new Map<string, string>();
  #relay: RelayHost | undefined;
  #tcpPort: number | undefined;
  #counts: RelayCounts | undefined;

  constructor(plane: MediaPlane, { mediaIp, log }: { readonly mediaIp: string; readonly log: Log }) {
    super();
    this.#plane = plane;
    this.#mediaIp = mediaIp;
    this.#log = log;
    this.life.defer(() => this.#relay?.[Symbol.asyncDispose]());
    // First, so that its last words still pass through the relay.
    this.life.own(plane);
    this.life.own(plane.listen((event) => this.#hear(event)));
    void plane.closed.then((reason) => this.life.end(reason));
  }

  get port(): number {
    return this.#plane.port;
  }

  override get ports(): readonly number[] {
    return this.#plane.ports;
  }

  get tcpPort(): number | undefined {
    return this.#tcpPort;
  }

  get engine(): 'typescript' | 'native' {
    return this.#plane.engine;
  }

  /** Opens the relay, and again whenever it dies: that must not end sessions that go over UDP. */
  async start(open: OpenRelay): Promise<void> {
    const relay = await open((event) => this.#hearRelay(event), this.#tcpPort);
    this.#relay = relay;
    this.#tcpPort = relay.port;
    for (const [peer, { workerPort, credentials }] of this.#peers) {
      const [first, second] = credentials;
      if (first !== undefined) relay.send({ type: 'add', peer, workerPort, local: first });
      if (second !== undefined) relay.send({ type: 'restart', peer, local: second });
    }
    void relay.closed.then((reason) => {
      if (reason.by === 'failure' && !this.life.ended) void this.#reopen(open, reason.error);
    });
  }

  override place(peer: PeerId, publication: PublicationId, role: 'publisher' | 'viewer'): number {
    const port = this.#plane.place(peer, publication, role);
    this.#placed.set(peer, port);
    return port;
  }

  send(command: PlaneCommand): void {
    if (this.life.ended) return;
    if (command.type === 'add-peer') this.#add(command.peer, command.local);
    else if (command.type === 'restart-ice') this.#restart(command.peer, command.local);
    else if (command.type === 'remove-peer') this.#remove(command.peer);
    this.#plane.send(command);
  }

  async #reopen(open: OpenRelay, error: Error): Promise<void> {
    this.#log.error({ err: error }, 'the TCP port died and is opened again; sessions over UDP go on');
    this.#clients.clear();
    try {
      await sleep(reopenMs, undefined, { signal: this.life.signal });
      await this.start(open);
      // The end may have come while it was opened.
      if (this.life.ended) await this.#relay?.[Symbol.asyncDispose]();
    } catch (problem) {
      if (!this.life.ended)
        await this.#reopen(open, problem instanceof Error ? problem : new Error(String(problem)));
    }
  }

  #add(peer: PeerId, local: IceCredentials): void {
    const workerPort = this.#placed.get(peer) ?? this.#plane.port;
    this.#placed.delete(peer);
    this.#peers.set(peer, { workerPort, credentials: [local] });
    this.#relay?.send({ type: 'add', peer, workerPort, local });
  }

  #restart(peer: PeerId, local: IceCredentials): void {
    const known = this.#peers.get(peer);
    if (known === undefined) return;
    known.credentials = [...known.credentials.slice(0, 1), local];
    this.#relay?.send({ type: 'restart', peer, local });
  }

  #remove(peer: PeerId): void {
    this.#placed.delete(peer);
    if (this.#peers.delete(peer)) this.#relay?.send({ type: 'remove', peer });
  }

  #hear(event: PlaneEvent): void {
    if (event.type === 'peer-gone') this.#remove(event.peer);
    if (event.type === 'ice-connected') this.tell({ ...event, address: this.#realAddress(event.address) });
    else if (event.type === 'report') this.tell({ ...event, report: this.#completed(event.report) });
    else this.tell(event);
  }

  #hearRelay(event: RelayEvent): void {
    if (event.type === 'attached')
      this.#clients.set(this.#relayAddress(event.localPort), addressText(event.remote));
    else if (event.type === 'detached') this.#clients.delete(this.#relayAddress(event.localPort));
    else this.#counts = event.counts;
  }

  #relayAddress(localPort: number): string {
    return addressText(socketAddress(this.#mediaIp, localPort));
  }

  #realAddress(address: string): string {
    return this.#clients.get(address) ?? address;
  }

  /** The report with what only the relay knows. */
  #completed(report: PlaneReport): PlaneReport {
    const counts = this.#counts;
    if (counts === undefined || this.#tcpPort === undefined) return report;
    const peers = report.peers.map((peer): PeerReport => {
      const client = this.#clients.get(peer.address);
      return client === undefined ? peer : { ...peer, address: client, transport: 'tcp' };
    });
    const refused = Object.values(counts.refused).reduce((sum, count) => sum + count, 0);
    const dropped = {
      ...report.counters.dropped,
      ...(counts.framesDropped > 0 && { 'tcp-backlog': counts.framesDropped }),
      ...(refused > 0 && { 'tcp-refused': refused }),
    };
    return {
      ...report,
      peers,
      counters: { ...report.counters, dropped },
      tcp: { port: this.#tcpPort, ...counts },
    };
  }
}
