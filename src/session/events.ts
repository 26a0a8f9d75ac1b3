import type { Clock } from '#src/core/clock.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { MediaPlane } from '#src/core/plane.ts';
import { type ChannelRequest, EventChannel, type EventReader } from './event-channel.ts';
import { tooManyEventStreams } from './failures.ts';
import { flatLayers, shapeOf, type ToldLayers, toldLayers } from './layers-event.ts';
import type { Reports } from './reports.ts';
import type { Session } from './sessions.ts';
import type { Stream } from './stream.ts';
import type { Streams } from './streams.ts';

/** Event streams that one viewer may have, and all viewers of this node together. */
const maxPerSession = 4;
const maxPerNode = 20_000;
/** An event stream that nobody reads is forgotten. */
const idleMs = 60_000;
/** Rates change all the time: without another change, they are told this often. */
const ratesEveryMs = 10_000;
/** Proxies end what is silent for long. */
const beatEveryMs = 15_000;
const nothing = '{}';

/** What the events are made of. */
export interface ViewerEventsDeps {
  readonly plane: MediaPlane;
  readonly streams: Streams;
  readonly reports: Reports;
  readonly clock: Clock;
}

/** What was told last of one stream, and to whom. */
interface Audience {
  readonly channels: Set<EventChannel>;
  viewers: number;
  shape: string;
  ratesMs: number;
}

/**
 * The event streams of all viewers (WHEP core extensions, "Server Sent Events"). Everything but `active` and `inactive` is
 * looked at once a second, when the media plane reports.
 */
export class ViewerEvents implements Disposable {
  readonly #deps: ViewerEventsDeps;
  readonly #bySession = new Map<Session, Map<string, EventChannel>>();
  readonly #byStream = new Map<StreamId, Audience>();
  readonly #subscription: Disposable;
  #count = 0;
  #beatMs = 0;

  constructor(deps: ViewerEventsDeps) {
    this.#deps = deps;
    this.#subscription = deps.plane.listen((event) => {
      if (event.type === 'report') this.#look();
      else if (event.type === 'media-flows') {
        for (const [id, { channels }] of this.#byStream)
          if (deps.streams.find(id)?.publication === event.publication)
            for (const channel of channels) channel.push(event.flowing ? 'active' : 'inactive', nothing);
      }
    });
  }

  /** What a stream's video is made of now, measured or not; undefined without video. */
  layersOf(id: StreamId): ToldLayers | undefined {
    const stream = this.#deps.streams.find(id);
    return (
      stream && toldLayers(stream.tracks, this.#deps.reports.publication(stream.publication)?.tracks ?? [])
    );
  }

  /** A new event stream for a viewer; throws `too-many-event-streams`. It ends with the session. */
  open(request: ChannelRequest): EventChannel {
    const { session } = request;
    const own = this.#bySession.get(session) ?? new Map<string, EventChannel>();
    if (own.size >= maxPerSession) this.#dropIdle(own);
    if (own.size >= maxPerSession || this.#count >= maxPerNode) throw tooManyEventStreams(maxPerSession);
    if (!this.#bySession.has(session)) {
      this.#bySession.set(session, own);
      void session.peer.closed.then(() => {
        for (const channel of own.values()) this.close(channel);
        this.#bySession.delete(session);
      });
    }
    const channel = new EventChannel(request, this.#deps.clock.nowMs());
    own.set(channel.id, channel);
    this.#audienceOf(session.stream).channels.add(channel);
    this.#count += 1;
    return channel;
  }

  find(session: Session, id: string): EventChannel | undefined {
    return this.#bySession.get(session)?.get(id);
  }

  /** Somebody reads: first how things are, then what changes. Dispose of it when the reader is gone. */
  read(channel: EventChannel, reader: EventReader): Disposable {
    const stream = this.#deps.streams.find(channel.session.stream);
    channel.attach(reader);
    if (stream !== undefined) this.#greet(channel, stream);
    channel.resume();
    return {
      [Symbol.dispose]: () => channel.detach(reader, this.#deps.clock.nowMs()),
    };
  }

  /** Ends an event stream. */
  close(channel: EventChannel): void {
    const { session } = channel;
    if (this.#bySession.get(session)?.delete(channel.id) !== true) return;
    this.#count -= 1;
    const audience = this.#byStream.get(session.stream);
    audience?.channels.delete(channel);
    if (audience?.channels.size === 0) this.#byStream.delete(session.stream);
    channel.end();
  }

  /**
   * Tells viewers to start again, at this WHEP endpoint or (undefined) at the one they came from: the node goes down, or an
   * operator moves them.
   */
  reconnect(
    urlFor: (session: Session) => string | undefined,
    which: (session: Session) => boolean = () => true,
  ): void {
    for (const [session, channels] of this.#bySession) {
      if (!which(session)) continue;
      const url = urlFor(session);
      const data = url === undefined ? nothing : JSON.stringify({ url });
      for (const channel of channels.values()) channel.push('reconnect', data);
    }
  }

  /** The node goes down: all are sent to another node, or (undefined) back to where they came from. */
  moveAll(nodeUrl: string | undefined): void {
    const base = nodeUrl?.replace(/\/$/, '');
    this.reconnect(({ stream }) => (base === undefined ? undefined : `${base}/whep/${stream}`));
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    for (const channels of this.#bySession.values())
      for (const channel of channels.values()) this.close(channel);
  }

  #audienceOf(id: StreamId): Audience {
    const known = this.#byStream.get(id);
    if (known !== undefined) return known;
    // Whoever reads first is told how things are now.
    const stream = this.#deps.streams.find(id);
    const layers = stream && this.#measuredLayersOf(stream);
    const audience: Audience = {
      channels: new Set(),
      viewers: stream === undefined ? 0 : countOf(stream),
      shape: layers === undefined ? '' : shapeOf(layers),
      ratesMs: this.#deps.clock.nowMs(),
    };
    this.#byStream.set(id, audience);
    return audience;
  }

  /** The draft allows no `inactive` at the beginning: only who was told `active` is told that it ended. */
  #greet(channel: EventChannel, stream: Stream): void {
    if (stream.flowing) channel.push('active', nothing);
    const layers = this.#measuredLayersOf(stream);
    if (layers !== undefined) channel.push('layers', writeLayers(channel, layers));
    channel.push('viewercount', writeCount(countOf(stream)));
  }

  #measuredLayersOf(stream: Stream): ToldLayers | undefined {
    const report = this.#deps.reports.publication(stream.publication);
    return report === undefined ? undefined : toldLayers(stream.tracks, report.tracks);
  }

  #look(): void {
    const nowMs = this.#deps.clock.nowMs();
    const isBeat = nowMs - this.#beatMs >= beatEveryMs;
    if (isBeat) this.#beatMs = nowMs;
    for (const [id, audience] of this.#byStream) {
      for (const channel of audience.channels) {
        if (isBeat) channel.beat();
        if (nowMs - (channel.idleSinceMs ?? nowMs) > idleMs) this.close(channel);
      }
      const stream = this.#deps.streams.find(id);
      if (stream === undefined) continue;
      this.#tellCount(audience, countOf(stream));
      this.#tellLayers(audience, this.#measuredLayersOf(stream), nowMs);
    }
  }

  #tellCount(audience: Audience, viewers: number): void {
    if (audience.viewers === viewers) return;
    audience.viewers = viewers;
    const data = writeCount(viewers);
    for (const channel of audience.channels) channel.push('viewercount', data);
  }

  #tellLayers(audience: Audience, layers: ToldLayers | undefined, nowMs: number): void {
    if (layers === undefined) return;
    const shape = shapeOf(layers);
    if (shape === audience.shape && nowMs - audience.ratesMs < ratesEveryMs) return;
    audience.shape = shape;
    audience.ratesMs = nowMs;
    const written = new Map<string, string>();
    for (const channel of audience.channels) {
      const key = `${channel.shape} ${channel.mediaId}`;
      const data = written.get(key) ?? writeLayers(channel, layers);
      written.set(key, data);
      channel.push('layers', data);
    }
  }

  /** Makes room for a viewer that begins again and again without ending what it had. */
  #dropIdle(own: ReadonlyMap<string, EventChannel>): void {
    for (const channel of own.values()) {
      if (channel.idleSinceMs === undefined) continue;
      this.close(channel);
      return;
    }
  }
}

/** Everybody who watches the stream, in both tiers; a session that never connects is nobody. */
function countOf(stream: Stream): number {
  return stream.connectedViewers + stream.broadcast.hls.viewers;
}

function writeCount(viewercount: number): string {
  return JSON.stringify({ viewercount });
}

function writeLayers({ shape, mediaId }: EventChannel, layers: ToldLayers): string {
  return JSON.stringify({ [mediaId]: shape === 'list' ? flatLayers(layers) : layers });
}
