import type { Clock } from '#src/core/clock.ts';
import type { DatagramSource, MediaEngine } from '#src/core/engine.ts';
import type { PeerId, PublicationId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import type { PlaneCommand, SrtpKeys } from '#src/core/plane.ts';
import { addressText } from './address.ts';
import type { MediaConfig } from './config.ts';
import { Drops } from './drops.ts';
import { openEngine } from './engine/select.ts';
import { IceLite, type IceCheck } from './ice-lite.ts';
import { Mux } from './mux.ts';
import { PlanePeer } from './peer.ts';
import type { EmitEvent } from './plane-events.ts';
import { Publication } from './publication.ts';
import { Reporter } from './report.ts';
import { StartUpPace } from './start-up/pace.ts';
import { Troubles } from './troubles.ts';
import { Sharing, type SharingOrder } from './workers/sharing.ts';

/** What a plane is opened with. */
export interface PlaneSettings extends MediaConfig {
  /** UDP port; 0 lets the system choose. */
  readonly port: number;
  /** One local address; without it all of them. */
  readonly address?: string | undefined;
}

/** The worker's place among the others. */
export interface WorkerPlace {
  readonly index: number;
  /** One for each worker; see `Doorbell`. */
  readonly bells: readonly SharedArrayBuffer[];
}

interface PlaneParts {
  /** Absent when the plane has one worker only. */
  readonly place?: WorkerPlace | undefined;
  readonly settings: PlaneSettings;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly log: Log;
}

/** Commands about a peer that exists already. */
type PeerCommand = Extract<
  PlaneCommand,
  { readonly type: 'restart-ice' | 'dtls-out' | 'secure' | 'publish' | 'view' | 'wish' | 'remove-peer' }
>;

/** NACK and keyframe timing want about this; a tick without work costs microseconds. */
const tickMs = 10;
/** A peer that never sent an authentic check is not waited for longer than this, whatever the silence time-out says. */
const maxFirstCheckMs = 10_000;

/** The media plane itself: applies commands, handles datagrams, emits events. Runs in a worker thread, or inline in tests. */
export class Plane implements AsyncDisposable {
  readonly engine: MediaEngine;
  readonly #parts: PlaneParts;
  readonly #peers = new Map<PeerId, PlanePeer>();
  readonly #publications = new Map<PublicationId, Publication>();
  readonly #ice = new IceLite<PlanePeer>();
  readonly #drops: Drops;
  readonly #startUp: StartUpPace;
  readonly #troubles: Troubles;
  readonly #mux: Mux;
  readonly #reporter = new Reporter();
  readonly #sharing: Sharing | undefined;
  readonly #timer: NodeJS.Timeout;
  #nextSecondMs: number;
  #turnScheduled = false;

  private constructor(engine: MediaEngine, parts: PlaneParts, shared: { drops: Drops; troubles: Troubles }) {
    this.engine = engine;
    this.#parts = parts;
    this.#drops = shared.drops;
    this.#startUp = new StartUpPace(parts.settings, engine.name);
    this.#troubles = shared.troubles;
    this.#mux = new Mux({
      engine,
      ice: this.#ice,
      drops: this.#drops,
      listener: {
        checked: (check, nowMs) => this.#checked(check, nowMs),
        dtls: (peer, datagram) => {
          const copy = new Uint8Array(datagram);
          parts.emit({ type: 'dtls-in', peer: peer.id, datagram: copy }, [copy.buffer]);
        },
      },
    });
    if (parts.place !== undefined) {
      this.#sharing = new Sharing({
        ...parts.place,
        publication: (id) => this.#publications.get(id),
        turn: (work) => this.#troubles.guard(() => this.#turn(work)),
      });
    }
    this.#nextSecondMs = parts.clock.nowMs() + 1_000;
    this.#timer = setInterval(() => this.#troubles.guard(() => this.#tick()), tickMs);
  }

  /** Opens engine and socket. Throws Failure `rtc-port-in-use` or `native-engine-missing`. */
  static async open(parts: PlaneParts): Promise<Plane> {
    const drops = new Drops();
    const troubles = new Troubles(drops, parts.log);
    const opened: { plane?: Plane } = {};
    const intake = {
      datagram: (bytes: Buffer, from: DatagramSource) => opened.plane?.receive(bytes, from),
      error: (error: Error) => troubles.note(error),
    };
    const engine = await openEngine(parts.settings.engine, parts.settings, intake, parts.log);
    opened.plane = new Plane(engine, parts, { drops, troubles });
    return opened.plane;
  }

  /** One datagram from the socket. */
  receive(bytes: Buffer, from: DatagramSource): void {
    const nowMs = this.#parts.clock.nowMs();
    this.#troubles.guard(() => this.#mux.receive(bytes, from, nowMs));
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    setImmediate(this.#endTurn);
  }

  /** Applies one command; those for an unknown peer or publication change nothing. */
  apply(command: PlaneCommand): void {
    this.#troubles.guard(() => this.#apply(command));
  }

  /** Applies an order about what workers share. */
  share(order: SharingOrder): void {
    this.#troubles.guard(() => this.#sharing?.apply(order));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#sharing?.[Symbol.dispose]();
    this.#reporter[Symbol.dispose]();
    for (const peer of [...this.#peers.values()]) this.#remove(peer);
    for (const publication of this.#publications.values()) publication.close();
    this.#publications.clear();
    await this.engine[Symbol.asyncDispose]();
  }

  #apply(command: PlaneCommand): void {
    switch (command.type) {
      case 'open-publication':
        this.#openPublication(command.publication);
        break;
      case 'close-publication':
        this.#publications.get(command.publication)?.close();
        this.#publications.delete(command.publication);
        this.#sharing?.forget(command.publication);
        break;
      case 'tap':
        this.#publications.get(command.publication)?.tap(command.on);
        break;
      case 'tap-layers':
        this.#publications.get(command.publication)?.tapLayers(command.on);
        break;
      case 'tap-sounds':
        this.#publications.get(command.publication)?.tapSounds(command.on);
        break;
      case 'request-keyframe':
        this.#publications.get(command.publication)?.requestKeyframe(command.everyLayer);
        break;
      case 'add-peer':
        this.#addPeer(command);
        break;
      case 'restart-ice':
      case 'dtls-out':
      case 'secure':
      case 'publish':
      case 'view':
      case 'wish':
      case 'remove-peer':
        this.#applyToPeer(command, this.#peers.get(command.peer));
    }
  }

  #applyToPeer(command: PeerCommand, peer: PlanePeer | undefined): void {
    if (peer === undefined) return;
    switch (command.type) {
      case 'restart-ice':
        this.#ice.restart(peer, command.local);
        break;
      case 'dtls-out':
        if (peer.address !== undefined) this.engine.sendRaw(peer.address, command.datagram);
        break;
      case 'secure':
        this.#secure(peer, command.keys);
        break;
      case 'publish':
      case 'view':
        this.#enter(peer, command);
        break;
      case 'wish':
        peer.role?.wish?.(command.video);
        break;
      case 'remove-peer':
        this.#remove(peer);
    }
  }

  #openPublication(id: PublicationId): void {
    if (this.#publications.has(id)) return;
    const { emit, clock, settings } = this.#parts;
    const { maxPublisherBps } = settings;
    const startUp = this.#startUp;
    const parts = { engine: this.engine, drops: this.#drops, emit, clock, maxPublisherBps, startUp };
    this.#publications.set(id, new Publication(id, parts));
  }

  #addPeer(command: PlaneCommand & { type: 'add-peer' }): void {
    if (this.#peers.has(command.peer)) return;
    const peer = new PlanePeer(command.peer, this.#parts.clock.nowMs());
    this.#peers.set(peer.id, peer);
    this.#ice.add(peer, command.local);
  }

  /** Keys are taken once: the same keys again with fresh counters would reuse SRTP nonces. */
  #secure(peer: PlanePeer, keys: SrtpKeys): void {
    if (peer.engine !== undefined || peer.keysWaiting !== undefined) return;
    peer.gate.secure(this.#parts.clock.nowMs());
    peer.keysWaiting = keys;
    this.#attach(peer);
  }

  /** Gives the peer to the engine as soon as both its keys and its address are known. */
  #attach(peer: PlanePeer): void {
    if (peer.keysWaiting === undefined || peer.address === undefined) return;
    peer.engine = this.engine.addPeer(peer.keysWaiting, peer.address);
    this.#mux.attach(peer.engine, peer);
    peer.keysWaiting = undefined;
    peer.role?.secured(peer.engine);
  }

  #enter(peer: PlanePeer, command: PlaneCommand & { type: 'publish' | 'view' }): void {
    const publication = this.#publications.get(command.publication);
    if (publication === undefined) return;
    peer.role?.close();
    peer.role =
      command.type === 'publish'
        ? publication.publish(peer, command.tracks)
        : publication.view(peer, command.tracks);
    if (peer.engine !== undefined) peer.role.secured(peer.engine);
  }

  #remove(peer: PlanePeer): void {
    peer.role?.close();
    peer.role = undefined;
    this.#ice.remove(peer);
    if (peer.engine !== undefined) {
      this.#mux.detach(peer.engine);
      this.engine.removePeer(peer.engine);
    }
    this.#peers.delete(peer.id);
  }

  #checked(check: IceCheck<PlanePeer>, nowMs: number): void {
    const { peer, from } = check;
    peer.heardMs = nowMs;
    if (!check.moved) return;
    const isFirst = peer.address === undefined;
    peer.address = from;
    if (peer.engine !== undefined) this.engine.setAddress(peer.engine, from);
    else this.#attach(peer);
    if (isFirst) this.#parts.emit({ type: 'ice-connected', peer: peer.id, address: addressText(from) });
  }

  readonly #endTurn = (): void => {
    this.#turnScheduled = false;
    this.#troubles.guard(() => this.#turn());
  };

  /** What was handled goes out. */
  #turn(work?: () => void): void {
    work?.();
    this.#sharing?.endTurn();
    this.engine.flush();
    for (const publication of this.#publications.values()) publication.endTurn();
  }

  #tick(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const peer of this.#peers.values()) this.#judgeSilence(peer, nowMs);
    this.#sharing?.drain();
    for (const publication of this.#publications.values()) publication.tick(nowMs);
    this.#turn();
    if (nowMs < this.#nextSecondMs) return;
    this.#nextSecondMs = nowMs + 1_000;
    for (const publication of this.#publications.values()) publication.everySecond(nowMs);
    this.#troubles.speak();
    const report = this.#reporter.report(nowMs, {
      publications: this.#publications.values(),
      peers: this.#peers.values(),
      mux: this.#mux,
      engine: this.engine,
      drops: this.#drops,
      mirrors: this.#sharing?.tally,
    });
    this.#parts.emit({ type: 'report', report });
  }

  #judgeSilence(peer: PlanePeer, nowMs: number): void {
    const { silenceTimeoutMs } = this.#parts.settings;
    const neverCame = peer.address === undefined;
    const limitMs = neverCame ? Math.min(silenceTimeoutMs, maxFirstCheckMs) : silenceTimeoutMs;
    if (nowMs - peer.heardMs <= limitMs) return;
    this.#remove(peer);
    this.#parts.emit({ type: 'peer-gone', peer: peer.id, reason: neverCame ? 'never-came' : 'silent' });
  }
}
