import type { Clock } from '#src/core/clock.ts';
import type { MediaEngine } from '#src/core/engine.ts';
import type { PublicationId } from '#src/core/ids.ts';
import type { TrackKind } from '#src/core/media.ts';
import type { IncomingTrack, OutgoingTrack } from '#src/core/plane.ts';
import type { PublicationReport, TrackReport } from '#src/core/plane-report.ts';
import { ntpToMs } from '#src/rtp/ntp.ts';
import type { SenderReport } from '#src/rtp/rtcp/types.ts';
import type { Hearing } from '#src/sfu/keyframe-requests.ts';
import type { Source } from '#src/sfu/source.ts';
import type { Drops } from './drops.ts';
import { ForwardedTrack } from './forwarded-track.ts';
import type { IncomingLayer } from './incoming-layer.ts';
import { LayerTap } from './layer-tap.ts';
import type { LivePublisher, PublicationEcho } from './live-publisher.ts';
import type { MediaPacket } from './media-packet.ts';
import type { PeerRole, PlanePeer } from './peer.ts';
import type { EmitEvent } from './plane-events.ts';
import { Publisher, type PublisherHome } from './publisher.ts';
import { Retransmitter } from './retransmitter.ts';
import { SoundTap } from './sound-tap.ts';
import type { StartUpPace } from './start-up/pace.ts';
import { Tap } from './tap.ts';
import { Viewer, type ViewerHome } from './viewer.ts';
import { addTotals, noTotals } from './viewer-totals.ts';

/** What a publication works with. */
export interface PublicationParts {
  readonly engine: MediaEngine;
  readonly drops: Drops;
  readonly emit: EmitEvent;
  readonly clock: Clock;
  readonly maxPublisherBps: number;
  /** How viewers begin; shared by all publications of a worker. */
  readonly startUp: StartUpPace;
}

const kinds: readonly TrackKind[] = ['audio', 'video'];
/** A publisher that sent nothing for so long has paused. */
const pauseMs = 2_000;

/** One stream in the plane: at most one publisher at a time, its viewers and the tap. Outlives publishers. */
export class Publication implements PublisherHome, ViewerHome {
  readonly id: PublicationId;
  readonly engine: MediaEngine;
  readonly drops: Drops;
  readonly maxPublisherBps: number;
  readonly retransmitter: Retransmitter;
  readonly #emit: EmitEvent;
  readonly #clock: Clock;
  readonly #tracks: Readonly<Record<TrackKind, ForwardedTrack>>;
  readonly #viewers = new Set<Viewer>();
  /** What viewers that left had been sent. */
  readonly #departed = noTotals();
  #publisher: LivePublisher | undefined;
  #echo: PublicationEcho | undefined;
  #tap: Tap | undefined;
  #layerTap: LayerTap | undefined;
  #soundTap: SoundTap | undefined;
  #flowing = false;
  #closed = false;
  #lastPacketMs = 0;

  constructor(id: PublicationId, parts: PublicationParts) {
    this.id = id;
    this.engine = parts.engine;
    this.drops = parts.drops;
    this.maxPublisherBps = parts.maxPublisherBps;
    this.#emit = parts.emit;
    this.#clock = parts.clock;
    this.#tracks = {
      audio: new ForwardedTrack('audio', parts.engine),
      video: new ForwardedTrack('video', parts.engine, parts.startUp),
    };
    this.retransmitter = new Retransmitter(parts.engine, (source) => this.#publisher?.layerOf(source));
  }

  /** The peer will publish here as soon as it is secure; until then, whoever publishes now goes on. */
  publish(peer: PlanePeer, tracks: readonly IncomingTrack[]): PeerRole {
    return new Publisher(this, peer, tracks);
  }

  /** The peer will watch as soon as it is secure. */
  view(peer: PlanePeer, tracks: readonly OutgoingTrack[]): PeerRole {
    const viewer = new Viewer(this, tracks, peer.tally);
    this.#viewers.add(viewer);
    return viewer;
  }

  /** Starts or stops the copy for the control plane. */
  tap(on: boolean): void {
    if (on === (this.#tap !== undefined)) return;
    this.#tap?.flush();
    this.#tap = on ? new Tap(this.id, this.#emit) : undefined;
    for (const kind of kinds) this.#tracks[kind].setSink(this.#tap?.track(kind));
  }

  /** Starts or stops the copy of each simulcast layer on its own. */
  tapLayers(on: boolean): void {
    if (on === (this.#layerTap !== undefined)) return;
    this.#layerTap?.close();
    this.#layerTap = on ? new LayerTap(this.id, this.#emit) : undefined;
  }

  /** Starts or stops the copy of each audio track beside the first. */
  tapSounds(on: boolean): void {
    if (on === (this.#soundTap !== undefined)) return;
    this.#soundTap?.close();
    this.#soundTap = on ? new SoundTap(this.id, this.#emit) : undefined;
  }

  /** Begins or ends the copy for other workers. */
  share(echo: PublicationEcho | undefined): void {
    this.#echo = echo;
    echo?.changed(this.#publisher);
  }

  /** The control plane wants a keyframe, of all simulcast layers or of the one that is tapped. */
  requestKeyframe(everyLayer = false): void {
    this.keyframeWanted('video');
    const publisher = this.#publisher;
    if (!everyLayer || publisher === undefined) return;
    for (const layer of publisher.layers) if (!layer.retired) publisher.wantKeyframe(layer);
  }

  track(kind: TrackKind): ForwardedTrack {
    return this.#tracks[kind];
  }

  get keyframeHearing(): Hearing {
    return this.#publisher?.keyframeHearing?.hearing ?? 'unknown';
  }

  keyframeWanted(kind: TrackKind, source = this.#tracks[kind].chosen?.source): void {
    const layer = source === undefined ? undefined : this.#publisher?.layerOf(source);
    if (layer !== undefined) this.#publisher?.wantKeyframe(layer);
  }

  left(role: Viewer | LivePublisher): void {
    if (role.kind === 'viewer') {
      if (this.#viewers.delete(role)) addTotals(this.#departed, role.tally);
    } else if (role === this.#publisher) {
      this.#publisher = undefined;
      this.#setFlowing(false);
      this.#echo?.changed(undefined);
    }
  }

  ready(publisher: LivePublisher): void {
    if (this.#closed || this.#publisher === publisher) return;
    this.#publisher?.putAside();
    this.#publisher = publisher;
    for (const kind of kinds) {
      const ids = publisher.tracks.find((track) => track.kind === kind)?.extensions;
      this.#tracks[kind].follow(ids ?? {});
    }
    this.#echo?.changed(publisher);
  }

  appeared(layer: IncomingLayer): void {
    this.#echo?.changed(this.#publisher);
    if (isAside(layer.track)) return;
    this.#tracks[layer.track.kind].appeared(layer);
    this.#wantAwaited();
  }

  forward(packet: MediaPacket): void {
    if (this.#closed) return;
    this.#lastPacketMs = packet.arrivedMs;
    if (!this.#flowing) this.#setFlowing(true);
    if (packet.sound > 0) {
      this.#soundTap?.offer(packet);
      return;
    }
    this.#tracks[packet.kind].forward(packet);
    this.#layerTap?.offer(packet);
    this.#echo?.packet(packet);
  }

  reported(layer: IncomingLayer, report: Readonly<SenderReport>): void {
    this.#echo?.reported(layer);
    if (report.ntpHigh === 0 && report.ntpLow === 0) return;
    const { kind, sound = 0 } = layer.track;
    const ntpMs = ntpToMs(report.ntpHigh, report.ntpLow);
    if (kind === 'video') this.#layerTap?.reported(layer.source, report.rtpTimestamp, ntpMs);
    else this.#soundTap?.reported(sound, layer.source, { rtpTimestamp: report.rtpTimestamp, ntpMs });
    const timestamp = this.#tap?.track(kind).mapTimestamp(layer, report.rtpTimestamp);
    if (timestamp === undefined) return;
    this.#emit({ type: 'tap-clock', publication: this.id, kind, timestamp, ntpMs });
  }

  wallMs(nowMs: number): number {
    return this.#clock.wallMs() - (this.#clock.nowMs() - nowMs);
  }

  /** The event loop has handled all that came. */
  endTurn(): void {
    this.#tap?.flush();
    this.#layerTap?.flush();
    this.#soundTap?.flush();
  }

  /** Sends what is due; every few milliseconds. */
  tick(nowMs: number): void {
    this.#tracks.video.tick(nowMs, this.#publisher?.keyframeHearing);
    this.#wantAwaited();
    this.#echo?.tick(this.#publisher);
    this.#publisher?.tick(nowMs);
    const wallMs = this.wallMs(nowMs);
    for (const viewer of this.#viewers) viewer.tick(nowMs, wallMs);
    if (this.#flowing && nowMs - this.#lastPacketMs >= pauseMs) this.#setFlowing(false);
  }

  /** Measures rates and reconsiders layers. */
  everySecond(nowMs: number): void {
    const layers = this.#publisher?.layers ?? [];
    for (const layer of layers) layer.measure(nowMs);
    for (const kind of kinds) {
      const track = this.#tracks[kind];
      const present = layers.filter((layer) => {
        return layer.track.kind === kind && !isAside(layer.track) && !layer.retired;
      });
      track.reconsider(present, nowMs);
      for (const layer of present) {
        const isNeeded = track.isNeeded(layer.source) || this.#layerTap?.wants(layer.source) === true;
        if (!isNeeded) this.#publisher?.forgetKeyframe(layer);
      }
    }
    for (const viewer of this.#viewers) viewer.everySecond();
  }

  report(): PublicationReport {
    const publisher = this.#publisher;
    const tracks = (publisher?.tracks ?? []).flatMap((track): TrackReport[] => {
      const layers = publisher?.layers.filter((layer) => layer.track === track && !layer.retired) ?? [];
      const codec = layers.at(-1)?.codec ?? track.payloads[0]?.codec;
      if (codec === undefined) return [];
      const forwarded = this.#tracks[track.kind];
      const sorted = layers
        .toSorted((a, b) => a.layer - b.layer)
        .map((layer) => layer.report(forwarded.audienceOf(layer.source)));
      const { kind } = track;
      if (kind === 'audio') return [{ kind, codec, layers: sorted }];
      const keyframeRequests = publisher?.keyframeHearing?.hearing ?? 'unknown';
      return [{ kind, codec, layers: sorted, keyframeRequests, ...forwarded.videoReport() }];
    });
    const viewers = { ...this.#departed };
    for (const { tally } of this.#viewers) addTotals(viewers, tally);
    return { publication: this.id, publisher: publisher?.peer, tracks, viewers };
  }

  /** Nothing is forwarded any more; peers stay until they are removed. */
  close(): void {
    this.#closed = true;
    this.tap(false);
    this.tapLayers(false);
    this.tapSounds(false);
    for (const viewer of [...this.#viewers]) viewer.close();
    this.#publisher?.close();
  }

  /** Somebody waits for the first keyframe of what it shall get. */
  #wantAwaited(): void {
    this.#tracks.video.awaited(this.#wantStream);
    this.#layerTap?.awaited(this.#wantStream);
  }

  readonly #wantStream = (stream: Source): void => {
    this.keyframeWanted('video', stream);
  };

  #setFlowing(flowing: boolean): void {
    if (this.#flowing === flowing) return;
    this.#flowing = flowing;
    this.#emit({ type: 'media-flows', publication: this.id, flowing });
  }
}

/** Whether it is an audio track beside the first, which viewers never get. */
function isAside({ sound = 0 }: IncomingTrack): boolean {
  return sound > 0;
}
