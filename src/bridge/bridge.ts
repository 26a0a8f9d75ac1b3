import type { Bridge, BridgeReport, BridgeState, CmafEpoch, Obstacle } from '#src/core/cmaf.ts';
import type { Clock } from '#src/core/clock.ts';
import type { StreamId } from '#src/core/ids.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { CloseReason } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { TapPacket, Track } from '#src/core/media.ts';
import type { Kept } from './backlog.ts';
import type { BridgeConfig } from './config.ts';
import type { AccessUnit } from './depacketise/unit.ts';
import type { StreamEncoder } from './encoders-stream.ts';
import type { FfmpegFound } from './ffmpeg.ts';
import { TrackIngest } from './ingest.ts';
import { KeyframeCadence } from './keyframe-cadence.ts';
import { LayeredVideo } from './layers/layered-video.ts';
import { FirstSounds } from './sounds/first-sounds.ts';
import { soundChoices, type SoundRule } from './sounds/sound-names.ts';
import { StreamSounds } from './sounds/stream-sounds.ts';
import type { StreamLadder } from './stream-ladder.ts';
import { Supervisor } from './supervise.ts';
import type { TapClock, TapSource } from './tap.ts';
import { Timeline } from './timeline.ts';

/** What a bridge is made of. */
export interface BridgeDeps {
  readonly stream: StreamId;
  readonly taps: TapSource;
  /** A new epoch's outputs are open; the epochs before it have ended or are about to. */
  readonly onEpoch: (epoch: CmafEpoch) => void;
  readonly ffmpeg: FfmpegFound;
  /** Segments can only begin at keyframes: a publisher that sends none for so long is asked for one. */
  readonly segmentTargetMs: number;
  /** Qualities below the top; belongs to the bridge. Absent: none. */
  readonly ladder?: StreamLadder;
  /** Who encodes; absent: x264. */
  readonly encoder?: StreamEncoder;
  /** What the settings say of this stream's sounds. */
  readonly soundRules?: readonly SoundRule[];
  readonly clock: Clock;
  readonly log: Log;
}

const tickMs = 100;

/** Opens the bridge of one stream; it waits until {@link Bridge.setTracks} tells what the publisher sends. */
export function openBridge(deps: BridgeDeps, config: BridgeConfig): Bridge {
  return new StreamBridge(deps, config);
}

/** Simulcast layers that are taken one by one. */
interface LayersHeard {
  readonly video: LayeredVideo;
  readonly subscription: Disposable;
}

class StreamBridge implements Bridge {
  readonly #deps: BridgeDeps;
  readonly #config: BridgeConfig;
  readonly #life = new Lifetime();
  readonly #supervisor: Supervisor;
  readonly #cadence: KeyframeCadence;
  #ingests: readonly TrackIngest[] = [];
  #tracks: readonly Track[] = [];
  #layers: LayersHeard | undefined;
  #sounds = new StreamSounds([], 0, () => undefined);
  #soundsHeard: Disposable | undefined;
  readonly #first = new FirstSounds();
  #timeline = new Timeline({ video: 90_000, audio: 48_000 });
  #present = false;
  #lastPacketMs = -Infinity;
  #droppedBefore = 0;

  constructor(deps: BridgeDeps, config: BridgeConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#cadence = new KeyframeCadence(deps.segmentTargetMs);
    if (deps.ladder) this.#life.own(deps.ladder);
    this.#supervisor = this.#life.own(
      new Supervisor({ ...deps, log: deps.log.child({ streamId: deps.stream }) }, config),
    );
    this.#life.defer(() => this.#layers?.subscription[Symbol.dispose]());
    this.#life.defer(() => this.#soundsHeard?.[Symbol.dispose]());
    const timer = setInterval(() => this.#tick(), tickMs);
    this.#life.defer(() => clearInterval(timer));
    this.#life.own(
      deps.taps.listen({
        packets: (batch) => this.#packets(batch),
        clock: (reading) => this.#clock(reading),
      }),
    );
  }

  get closed(): Promise<CloseReason> {
    return this.#life.closed;
  }

  get report(): BridgeReport {
    const lost = this.#droppedBefore + this.#dropped();
    const facts = this.#supervisor.report(this.#deps.clock.nowMs());
    const quiet: BridgeState = facts.state === 'running' && !this.#flowing() ? 'waiting' : facts.state;
    return { ...facts, state: quiet, framesDropped: facts.framesDropped + lost };
  }

  get obstacle(): Obstacle | undefined {
    return this.#supervisor.obstacle(this.#deps.clock.nowMs());
  }

  setTracks(tracks: readonly Track[]): void {
    this.#present = tracks.length > 0;
    // The publisher left: it may come back within the grace, and its timestamps go on.
    if (!this.#present) return;
    this.#cadence.reset();
    if (sameTracks(tracks, this.#tracks)) {
      // Its clocks and its encoder are others, though nothing else be: players are told by a discontinuity.
      this.#supervisor.finish('the publisher came anew');
      this.#layers?.video.renew();
      this.#sounds.renew();
      this.#first.arm();
      return;
    }
    this.#supervisor.finish('tracks changed');
    this.#droppedBefore += this.#dropped();
    this.#tracks = tracks;
    const rate = (kind: Track['kind'], usual: number): number =>
      tracks.find((track) => track.kind === kind)?.clockRateHz ?? usual;
    this.#first.arm();
    this.#hearSounds(tracks.find(({ kind }) => kind === 'audio'));
    const rates = { video: rate('video', 90_000), audio: rate('audio', 48_000) };
    this.#timeline = new Timeline(rates, this.#sounds.followers);
    this.#supervisor.expect(tracks, this.#sounds, this.#timeline);
    this.#hearLayers(tracks.find(({ kind }) => kind === 'video'));
    const whole = this.#layers ? tracks.filter(({ kind }) => kind === 'audio') : tracks;
    this.#ingests = whole.map(
      (track) =>
        new TrackIngest(track, this.#config.reorderHoldMs, {
          unit: (unit) => (this.#layers ? this.#layers.video.sound(unit) : this.#unit(unit)),
          damaged: () => this.#cadence.want(),
        }),
    );
  }

  /** H.264 in several layers is taken layer by layer; of everything else the tap gives the largest layer. */
  #hearLayers(track: Track | undefined): void {
    this.#layers?.subscription[Symbol.dispose]();
    this.#layers = undefined;
    const { taps, ladder } = this.#deps;
    const isLayered = track?.codec === 'h264' && track.rids.length > 1 && this.#config.simulcast;
    ladder?.follow(undefined);
    if (!isLayered || !ladder || !taps.listenLayers) return;
    const video = new LayeredVideo(track, this.#config.reorderHoldMs, {
      lead: (unit) => this.#unit(unit),
      beside: (layer, unit) => this.#beside({ of: 'layer', layer, unit }),
      clock: (reading) => this.#timeline.clock(reading),
      keyframeWanted: () => this.#cadence.want(),
    });
    const subscription = taps.listenLayers({
      packets: (batch) => {
        this.#lastPacketMs = this.#deps.clock.nowMs();
        video.packets(batch, this.#lastPacketMs);
      },
      clock: (reading) => video.clock(reading),
    });
    this.#layers = { video, subscription };
    ladder.follow(video);
  }

  /** Audio tracks beside the first, each on its own. */
  #hearSounds(track: Track | undefined): void {
    this.#soundsHeard?.[Symbol.dispose]();
    this.#soundsHeard = undefined;
    const { taps, soundRules = [] } = this.#deps;
    const told = track?.sounds ?? [];
    const choices = track ? soundChoices(taps.listenSounds ? told : told.slice(0, 1), soundRules) : [];
    const sounds = new StreamSounds(choices, this.#config.reorderHoldMs, (sound, unit) => {
      this.#beside({ of: 'sound', sound, unit });
      this.#first.look(this.#sounds.complete, this.#deps.clock.nowMs());
    });
    this.#sounds = sounds;
    if (sounds.asides === 0) return;
    this.#soundsHeard = taps.listenSounds?.({
      packets: (batch) => sounds.packets(batch, this.#deps.clock.nowMs()),
      clock: (reading) => sounds.clock(reading),
    });
  }

  #dropped(): number {
    const ingests = [...this.#ingests, this.#sounds];
    const dropped = ingests.reduce((sum, ingest) => sum + ingest.dropped, 0);
    return dropped + (this.#layers?.video.dropped ?? 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#life.end();
  }

  #packets(batch: readonly TapPacket[]): void {
    const nowMs = this.#deps.clock.nowMs();
    this.#lastPacketMs = nowMs;
    for (const packet of batch) {
      for (const ingest of this.#ingests) if (ingest.track.kind === packet.kind) ingest.push(packet, nowMs);
    }
  }

  #clock(reading: TapClock): void {
    // Where layers are heard, the one that leads here need not be the one that the tap gives.
    if (reading.kind === 'audio' || !this.#layers) this.#timeline.clock(reading);
  }

  #unit(unit: AccessUnit): void {
    const nowMs = this.#deps.clock.nowMs();
    if (unit.kind === 'video' && unit.keyframe) this.#cadence.keyframe(nowMs);
    if (unit.keyframe && unit.kind === (this.#hasVideo ? 'video' : 'audio'))
      this.#first.begins(this.#sounds.complete, nowMs);
    if (this.#first.holding) this.#first.pass(() => this.#take(unit, nowMs));
    else this.#take(unit, nowMs);
  }

  #beside(kept: Kept): void {
    const nowMs = this.#deps.clock.nowMs();
    this.#first.pass(() => this.#supervisor.takeBeside(kept, nowMs));
  }

  #take(unit: AccessUnit, nowMs: number): void {
    if (!this.#supervisor.take(unit, nowMs)) this.#cadence.want();
  }

  get #hasVideo(): boolean {
    return this.#tracks.some(({ kind }) => kind === 'video');
  }

  #flowing(): boolean {
    return this.#deps.clock.nowMs() - this.#lastPacketMs < this.#config.pauseGraceMs;
  }

  #tick(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const ingest of this.#ingests) ingest.expire(nowMs);
    this.#sounds.expire(nowMs);
    this.#first.look(this.#sounds.complete, nowMs);
    this.#layers?.video.tick(nowMs);
    const flowing = this.#flowing();
    if (!flowing) this.#supervisor.finish('publisher paused');
    this.#supervisor.tick(nowMs, nowMs - this.#lastPacketMs);
    if (!flowing || !this.#hasVideo || !this.#present) return;
    if (!this.#first.holding && this.#supervisor.waitsForKeyframe(nowMs)) this.#cadence.want();
    if (this.#cadence.due(nowMs)) this.#deps.taps.requestKeyframe(this.#layers !== undefined);
  }
}

function sameTracks(a: readonly Track[], b: readonly Track[]): boolean {
  const same = (x: Track, y: Track): boolean =>
    x.kind === y.kind &&
    x.codec === y.codec &&
    x.clockRateHz === y.clockRateHz &&
    x.rids.join() === y.rids.join() &&
    JSON.stringify(x.sounds ?? []) === JSON.stringify(y.sounds ?? []);
  return a.length === b.length && a.every((track) => b.some((other) => same(track, other)));
}
