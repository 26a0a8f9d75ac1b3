import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock } from '#src/core/clock.ts';
import type { SocketAddress } from '#src/core/engine.ts';
import type { PeerId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import { socketAddress } from '../address.ts';
import { Admission } from './admission.ts';
import { RelayConnection, type ConnectionParts } from './connection.ts';
import type { RelayLimits } from './limits.ts';
import { listen } from './listen.ts';
import { BatchPool } from './outbox.ts';
import { PeerDirectory } from './peer-directory.ts';
import { PeerPaths } from './peer-paths.ts';
import type { RelayOrder, RelaySettings, RelayEvent } from './relay-messages.ts';
import { RelayTally } from './tally.ts';

/** What a relay is opened with. */
export interface RelayParts {
  readonly settings: RelaySettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly emit: (event: RelayEvent) => void;
}

/** Deadlines are looked at so often. */
const sweepMs = 250;
const tallyMs = 1_000;
/** What a media worker still has to say to a peer that is removed: DTLS close_notify. */
const farewellMs = 1_000;
/** How long the end of the relay waits for what was written. */
const closePatienceMs = 500;
const mappedPrefix = '::ffff:';

/**
 * ICE over TCP, the passive side (RFC 6544), for all media workers on one port. Each connection that proves whose it is gets
 * a UDP socket on the loopback interface, and frames pass between it and the peer's media worker. The worker checks
 * everything as it does for any UDP client; nothing here vouches for anybody.
 */
export class TcpRelay implements AsyncDisposable {
  readonly port: number;
  readonly #parts: RelayParts;
  readonly #limits: RelayLimits;
  readonly #server: Server;
  readonly #directory = new PeerDirectory();
  readonly #admission: Admission;
  readonly #tally = new RelayTally();
  readonly #connections = new Set<RelayConnection>();
  readonly #byPeer = new Map<PeerId, Set<RelayConnection>>();
  readonly #paths: PeerPaths;
  readonly #shared: ConnectionParts;
  /** Connections whose frames of this turn are to be written. */
  readonly #holding: RelayConnection[] = [];
  readonly #timer: NodeJS.Timeout;
  #nextTallyMs = 0;
  #lastTrouble: unknown;

  private constructor(server: Server, port: number, parts: RelayParts) {
    const { settings, clock } = parts;
    this.port = port;
    this.#parts = parts;
    this.#server = server;
    this.#limits = settings.limits;
    this.#admission = new Admission(settings.limits);
    this.#paths = new PeerPaths((localPort) => parts.emit({ type: 'detached', localPort }));
    this.#shared = {
      directory: this.#directory,
      limits: settings.limits,
      tally: this.#tally,
      pool: new BatchPool(),
      clock,
      mediaIp: settings.mediaIp,
      events: {
        admitted: (connection) => this.#admit(connection),
        attached: (connection) => this.#attach(connection),
        holds: (connection) => this.#hold(connection),
        closed: (connection) => this.#forget(connection),
        bug: (error) => void (this.#lastTrouble = error),
      },
    };
    server.on('connection', (socket) => this.#accept(socket));
    // The system had no socket for somebody; those who are there go on.
    server.on('error', (error) => {
      this.#tally.refuse('no-socket');
      this.#lastTrouble = error;
    });
    this.#timer = setInterval(() => this.#sweep(), sweepMs);
  }

  /** Listens. Throws Failure `rtc-tcp-port-in-use`. */
  static async open(parts: RelayParts): Promise<TcpRelay> {
    const server = createServer({ noDelay: true, keepAlive: true });
    const port = await listen(server, parts.settings);
    return new TcpRelay(server, port, parts);
  }

  /** Applies an order of the control plane. */
  apply(order: RelayOrder): void {
    switch (order.type) {
      case 'add':
        this.#directory.add(order.peer, order.workerPort, order.local);
        break;
      case 'restart':
        this.#directory.restart(order.peer, order.local);
        break;
      case 'remove':
        this.#remove(order.peer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.finish();
    const patience = setTimeout(() => {
      for (const connection of this.#connections) connection.close();
    }, closePatienceMs);
    await closed;
    clearTimeout(patience);
    this.#paths[Symbol.dispose]();
  }

  #accept(socket: Socket): void {
    const remote = remoteOf(socket);
    const refusal = remote === undefined ? undefined : this.#admission.enter(remote.ip);
    if (remote === undefined || refusal !== undefined) {
      if (refusal !== undefined) this.#tally.refuse(refusal);
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#connections.add(new RelayConnection(socket, remote, this.#shared));
  }

  #admit(connection: RelayConnection): void {
    const { entry, remote } = connection;
    if (entry === undefined) return;
    this.#tally.accepted++;
    this.#admission.known(remote.ip);
    const all = this.#byPeer.get(entry.peer) ?? new Set();
    if (all.size >= this.#limits.connectionsPerPeer)
      [...all].reduce((a, b) => (b.heardMs < a.heardMs ? b : a)).close('replaced');
    all.add(connection);
    this.#byPeer.set(entry.peer, all);
  }

  #attach(connection: RelayConnection): void {
    const { entry, path, remote } = connection;
    if (entry === undefined || path === undefined) return;
    this.#paths.add(entry.peer, path);
    this.#parts.emit({ type: 'attached', peer: entry.peer, localPort: path.localPort, remote });
  }

  #hold(connection: RelayConnection): void {
    if (this.#holding.push(connection) === 1) setImmediate(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    for (const connection of this.#holding.splice(0)) connection.flush();
  };

  #forget(connection: RelayConnection): void {
    const { entry, path, remote, carried, isKnown } = connection;
    this.#connections.delete(connection);
    this.#admission.leave(remote.ip, !isKnown);
    const ofPeer = entry && this.#byPeer.get(entry.peer);
    ofPeer?.delete(connection);
    if (entry !== undefined && ofPeer?.size === 0) this.#byPeer.delete(entry.peer);
    if (path === undefined) return;
    // Until the worker forgets the address, nobody else may get it: he would be sent what is not for him.
    const isKept = carried && entry !== undefined && this.#directory.get(entry.peer) !== undefined;
    if (isKept) this.#paths.linger(path, this.#parts.clock.nowMs() + this.#limits.lingerMs);
    else this.#paths.release(path);
  }

  #remove(peer: PeerId): void {
    this.#directory.remove(peer);
    const dueMs = this.#parts.clock.nowMs() + farewellMs;
    for (const connection of this.#byPeer.get(peer) ?? []) connection.closeAtMs ??= dueMs;
    this.#paths.hurry(peer, dueMs);
  }

  #sweep(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const connection of this.#connections) this.#judge(connection, nowMs);
    this.#paths.sweep(nowMs);
    if (nowMs < this.#nextTallyMs) return;
    this.#nextTallyMs = nowMs + tallyMs;
    this.#parts.emit({ type: 'tally', counts: this.#tally.snapshot(this.#admission.connections) });
    if (this.#lastTrouble === undefined) return;
    this.#parts.log.error({ err: this.#lastTrouble }, 'the TCP port went wrong on a connection');
    this.#lastTrouble = undefined;
  }

  #judge(connection: RelayConnection, nowMs: number): void {
    const { firstFrameMs, idleMs } = this.#limits;
    if (connection.closeAtMs !== undefined && nowMs >= connection.closeAtMs) connection.finish();
    else if (connection.isKnown) {
      if (nowMs - connection.heardMs > idleMs) connection.close('idle');
    } else if (nowMs - connection.openedMs > firstFrameMs) connection.close('no-first-frame');
    else connection.retry();
  }
}

/** Undefined when the client is gone before it was looked at. */
function remoteOf(socket: Socket): SocketAddress | undefined {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  const ip = remoteAddress.startsWith(mappedPrefix)
    ? remoteAddress.slice(mappedPrefix.length)
    : remoteAddress;
  return socketAddress(isIPv6(ip) ? (ip.split('%', 1)[0] ?? ip) : ip, remotePort);
}
