import type { Clock } from '#src/core/clock.ts';
import type { DatagramSource, MediaEngine } from '#src/core/engine.ts';
import type { PublicationId } from '#src/core/ids.ts';
import type { Log } from '#src/core/log.ts';
import type { PlaneCommand } from '#src/core/plane.ts';
import type { MediaConfig } from './config.ts';
import { Drops } from './drops.ts';
import { openEngine } from './engine/select.ts';
import type { Mux } from './mux.ts';
import type { EmitEvent } from './plane-events.ts';
import { Publication } from './publication.ts';
import { Reporter } from './report.ts';
import { StartUpPace } from './start-up/pace.ts';
import { Transports } from './transports.ts';
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

/** NACK and keyframe timing want about this; a tick without work costs microseconds. */
const tickMs = 10;

/** The media plane itself: applies commands, handles datagrams, emits events. Runs in a worker thread, or inline in tests. */
export class Plane implements AsyncDisposable {
  readonly engine: MediaEngine;
  readonly #parts: PlaneParts;
  readonly #transports: Transports;
  readonly #publications = new Map<PublicationId, Publication>();
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
    const { drops } = shared;
    const { clock, emit } = parts;
    const { silenceTimeoutMs } = parts.settings;
    this.#transports = new Transports({ engine, drops, clock, emit, silenceTimeoutMs });
    this.#mux = this.#transports.mux;
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
    this.#transports.close();
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
      case 'restart-ice':
      case 'dtls-out':
      case 'secure':
      case 'remove-peer':
        this.#transports.apply(command);
        break;
      case 'publish':
      case 'view':
        this.#enter(command);
        break;
      case 'wish':
        this.#transports.find(command.peer)?.role?.wish?.(command.video);
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

  /** The peer begins to publish or to watch, and ends what it did before. */
  #enter(command: PlaneCommand & { type: 'publish' | 'view' }): void {
    const peer = this.#transports.find(command.peer);
    const publication = this.#publications.get(command.publication);
    if (peer === undefined || publication === undefined) return;
    peer.role?.close();
    peer.role =
      command.type === 'publish'
        ? publication.publish(peer, command.tracks)
        : publication.view(peer, command.tracks);
    if (peer.engine !== undefined) peer.role.secured(peer.engine);
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
    this.#transports.tick(nowMs);
    this.#sharing?.drain();
    for (const publication of this.#publications.values()) publication.tick(nowMs);
    this.#turn();
    if (nowMs < this.#nextSecondMs) return;
    this.#nextSecondMs = nowMs + 1_000;
    for (const publication of this.#publications.values()) publication.everySecond(nowMs);
    this.#troubles.speak();
    const report = this.#reporter.report(nowMs, {
      publications: this.#publications.values(),
      peers: this.#transports.peers,
      mux: this.#mux,
      engine: this.engine,
      drops: this.#drops,
      mirrors: this.#sharing?.tally,
    });
    this.#parts.emit({ type: 'report', report });
  }
}
