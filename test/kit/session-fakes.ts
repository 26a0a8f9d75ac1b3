import { Failure } from '#src/core/failure.ts';
import { nextPeerId, parseStreamId, type StreamId } from '#src/core/ids.ts';
import { type CloseReason, Lifetime } from '#src/core/lifetime.ts';
import { silentLog } from '#src/core/log.ts';
import { openGrant } from '#src/core/access.ts';
import type { BridgeReport } from '#src/core/cmaf.ts';
import type { Doctor, Finding, Patient } from '#src/core/finding.ts';
import type { LadderName } from '#src/core/ladder.ts';
import type { Track, VideoWish } from '#src/core/media.ts';
import type { MediaPlane, PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import type { IfMatchRule, IngestPeer, OfferedPeer, PeerGateway, TrickleResult } from '#src/core/webrtc.ts';
import type { TierRules } from '#src/core/tier.ts';
import type { Broadcast } from '#src/session/broadcast.ts';
import { sessionConfig } from '#src/session/config.ts';
import type { OfferRequest, SessionDeps } from '#src/session/deps.ts';
import { Sessions } from '#src/session/sessions.ts';
import { Streams } from '#src/session/streams.ts';

export const h264: Track = { kind: 'video', codec: 'h264', clockRateHz: 90_000, fmtp: '', rids: [''] };

/** A transport whose fate the test decides. */
export class FakePeer implements IngestPeer, OfferedPeer {
  readonly answers: string[] = [];
  readonly rules: (IfMatchRule | undefined)[] = [];
  readonly tags: (string | undefined)[] = [];
  readonly wishes: VideoWish[] = [];
  readonly #life = new Lifetime();
  readonly #connected = Promise.withResolvers<undefined>();
  readonly id = nextPeerId();
  readonly answer = 'v=0\r\n';
  readonly etag = '"1"';
  readonly tracks: readonly Track[];
  readonly closed: Promise<CloseReason> = this.#life.closed;
  readonly connected: Promise<void> = this.#connected.promise;

  constructor(tracks: readonly Track[]) {
    this.tracks = tracks;
    this.connected.catch(() => undefined);
  }

  connect(): Promise<void> {
    this.#connected.resolve(undefined);
    return settle();
  }

  async fall(): Promise<void> {
    this.#connected.reject(new Failure('unavailable', 'never-came', 'gone'));
    await this.#life.end({ by: 'failure', error: new Error('silent') });
    await settle();
  }

  get over(): boolean {
    return this.#life.ended;
  }

  wish(video: VideoWish): void {
    this.wishes.push(video);
  }

  /** The answer `bad` is refused. */
  accept(answer: string): void {
    if (answer === 'bad') throw new Failure('invalid', 'bad-sdp', 'the answer makes no sense');
    this.answers.push(answer);
  }

  trickle(_fragment: string, ifMatch: string | undefined, rule?: IfMatchRule): TrickleResult {
    this.tags.push(ifMatch);
    this.rules.push(rule);
    return { did: 'trickle' };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }
}

/** A negotiator: the offer `bad` is refused, every other is answered with a FakePeer. */
export class FakeGateway implements PeerGateway {
  readonly peers: FakePeer[] = [];

  ingest(offer: string): Promise<FakePeer> {
    if (offer === 'bad') return Promise.reject(new Failure('invalid', 'bad-sdp', 'the offer makes no sense'));
    const peer = new FakePeer([h264]);
    this.peers.push(peer);
    return Promise.resolve(peer);
  }

  egress(offer: string): Promise<FakePeer> {
    return this.ingest(offer);
  }

  offer(): Promise<FakePeer> {
    return this.ingest('good');
  }
}

/** Records commands and lets the test raise events. */
export class FakePlane implements MediaPlane {
  readonly port = 1;
  readonly ports = [1];
  readonly engine = 'typescript';
  readonly commands: PlaneCommand[] = [];
  readonly closed = new Promise<CloseReason>(() => undefined);
  readonly #listeners = new Set<(event: PlaneEvent) => void>();

  place(): number {
    return this.port;
  }

  send(command: PlaneCommand): void {
    this.commands.push(command);
  }

  listen(listener: (event: PlaneEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  raise(event: PlaneEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Writes down what it is told. */
export class FakeBroadcast implements Broadcast {
  readonly told: string[] = [];
  bridge: BridgeReport | null = null;
  readonly hls = { ready: true, renditions: [], viewers: 0, requests: 0, bytesOut: 0 };

  publish(tracks: readonly Track[], ladder?: LadderName): void {
    this.told.push(ladder === undefined ? `publish ${tracks.length}` : `publish ${tracks.length} ${ladder}`);
  }

  pause(): void {
    this.told.push('pause');
  }

  finish(): void {
    this.told.push('finish');
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.told.push('dispose');
    return Promise.resolve();
  }
}

/** A doctor whose verdict the test decides. */
export class FakeDoctor implements Doctor {
  findings: readonly Finding[] = [];
  bFrames = false;
  readonly patients: (Patient | undefined)[] = [];
  reports = 0;

  examine(patient: Patient | undefined): void {
    this.patients.push(patient);
  }

  report(): void {
    this.reports += 1;
  }

  [Symbol.dispose](): void {
    this.examine(undefined);
  }
}

/** The session room with fakes around it. */
export function sessionRig(settings: Readonly<Record<string, number | boolean | string>> = {}): {
  deps: SessionDeps;
  gateway: FakeGateway;
  plane: FakePlane;
  broadcasts: FakeBroadcast[];
  doctors: FakeDoctor[];
  clock: { atMs: number };
} {
  const config = sessionConfig.parse(settings);
  const plane = new FakePlane();
  const gateway = new FakeGateway();
  const broadcasts: FakeBroadcast[] = [];
  const clock = { atMs: 1_000 };
  const openBroadcast = (): FakeBroadcast => {
    const broadcast = new FakeBroadcast();
    broadcasts.push(broadcast);
    return broadcast;
  };
  const doctors: FakeDoctor[] = [];
  const openDoctor = (): FakeDoctor => {
    const doctor = new FakeDoctor();
    doctors.push(doctor);
    return doctor;
  };
  const nowMs = (): number => clock.atMs;
  const opened = { plane, openBroadcast, openDoctor };
  const streams = new Streams({ ...opened, config: () => config, log: silentLog, nowMs });
  const sessions = new Sessions(() => config.tombstoneMs, nowMs);
  const rules = (): TierRules => ({
    interactiveLimitPerStream: 2,
    interactiveLimit: 3,
    allowBFrames: false,
  });
  return {
    deps: { gateway, streams, sessions, rules, config: () => config, clock: { nowMs, wallMs: nowMs } },
    gateway,
    plane,
    broadcasts,
    doctors,
    clock,
  };
}

export function offerFor(stream: string, offer = 'good'): OfferRequest {
  return {
    stream: streamName(stream),
    offer,
    grant: openGrant('publish'),
    address: '192.0.2.1',
    userAgent: 'test',
    signal: new AbortController().signal,
  };
}

export function streamName(text: string): StreamId {
  const id = parseStreamId(text);
  if (id === undefined) throw new Error(`${text} is no stream name`);
  return id;
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
