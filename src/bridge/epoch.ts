import type { CmafEpoch } from '#src/core/cmaf.ts';
import type { Layer, SoundIndex, TrackKind } from '#src/core/media.ts';
import { CopiedLayer } from './layers/copied-layer.ts';
import type { AccessUnit, CodecConfig } from './depacketise/unit.ts';
import { epochTracks } from './epoch-tracks.ts';
import type { FfmpegExit, FfmpegFound } from './ffmpeg.ts';
import { FfmpegProcess } from './ffmpeg.ts';
import { FfmpegInput } from './ffmpeg-input.ts';
import { matroskaBlock, matroskaReorderedBlock, ticksPerMs, type BlockContent } from './matroska.ts';
import { PictureTimes } from './picture-times.ts';
import { baseMediaTimeMs } from './profile.ts';
import type { FfmpegPlan } from './profile.ts';
import { SoundTrack } from './sounds/sound-track.ts';
import { minStepMs, type PlacedUnit, type TimedPicture } from './timed-picture.ts';
import { isOutdated, type VideoWay } from './video-way.ts';

/** What one epoch is made of. */
export interface EpochRequest {
  readonly number: number;
  readonly plan: FfmpegPlan;
  readonly video: CodecConfig | undefined;
  readonly audio: CodecConfig | undefined;
  readonly startedWallMs: number;
  readonly inputLimitBytes: number;
  readonly memoryLimitBytes: number;
  /** How the video gets through. */
  readonly way: VideoWay;
  /** It begins with pictures that have been seen, which together last so long; 0: with none. */
  readonly pastMs: number;
}

/** Layers of one picture may say times this far apart. */
const roundingMs = 2;

/** One life of FFmpeg: from a keyframe until parameters change, the publisher leaves or the process ends. */
export class Epoch {
  readonly number: number;
  readonly plan: FfmpegPlan;
  /** The process and its outputs are gone; never rejects. */
  readonly ended: Promise<FfmpegExit>;
  readonly #request: EpochRequest;
  readonly #tracks: readonly TrackKind[];
  /** Matroska track of the pictures in the times of the screen, for the encoders; 0: there is none. */
  readonly #shownTrack: number;
  #lastPictureMs = -Infinity;
  /** By their index; 0 is the publisher's first. */
  readonly #sounds = new Map<SoundIndex, SoundTrack>();
  readonly #pictures: PictureTimes | undefined;
  readonly #beside = new Map<Layer, CopiedLayer>();
  readonly #abort = new AbortController();
  readonly #opened: Promise<FfmpegProcess | undefined>;
  readonly #input = new FfmpegInput();
  #process: FfmpegProcess | undefined;
  #dropping = false;
  #ending = false;
  #catchingUp = false;
  framesIn = 0;
  framesDropped = 0;
  /** Clock time of the last input. */
  lastInputMs: number;

  constructor(ffmpeg: FfmpegFound, request: EpochRequest, nowMs: number) {
    this.number = request.number;
    this.plan = request.plan;
    this.lastInputMs = nowMs;
    this.#request = request;
    const { reorderDepth, stamping } = request.way;
    this.#pictures = reorderDepth > 0 ? new PictureTimes(reorderDepth, stamping) : undefined;
    const tracks = epochTracks(request);
    this.#tracks = tracks.kinds;
    this.#shownTrack = tracks.shown;
    if (tracks.kinds.includes('audio'))
      this.#sounds.set(0, new SoundTrack(tracks.kinds.indexOf('audio') + 1, nowMs));
    const asides = request.plan.sounds.filter(({ index }) => index > 0);
    for (const [at, { index }] of asides.entries())
      this.#sounds.set(index, new SoundTrack(tracks.firstSound + at, nowMs));
    for (const [index, copy] of request.plan.layers.entries())
      this.#beside.set(copy.layer, new CopiedLayer(copy, tracks.firstLayer + index, stamping));
    this.#input.send(tracks.header);
    const opening = FfmpegProcess.open(ffmpeg, request, this.#abort.signal);
    this.#opened = opening.then((process) => this.#begin(process)).catch(() => undefined);
    this.ended = opening.then((process) => this.#end(process)).catch(describeFailure);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** The process has ended, though what it left may still be cleared away. */
  get gone(): boolean {
    return this.#process?.gone ?? false;
  }

  /** Bytes that came out of FFmpeg so far. */
  get bytesOut(): number {
    return this.#process?.bytesOut ?? 0;
  }

  /** The same of one rendition. */
  bytesOf(rendition: string): number {
    return this.#process?.bytesOf(rendition) ?? 0;
  }

  /** Wall clock of time 0. */
  get startedWallMs(): number {
    return this.#request.startedWallMs;
  }

  /** When the last picture begins that came out of it, in copied video; undefined while none came that had not been seen. */
  get shownMs(): number | undefined {
    const ticks = this.#process?.lastTicksOf('v0');
    const timeMs = ticks === undefined ? -1 : ticks / ticksPerMs - baseMediaTimeMs;
    return timeMs < this.#request.pastMs ? undefined : timeMs;
  }

  /** How the video gets through, as far as it knows by now. */
  get way(): VideoWay {
    const { way } = this.#request;
    return { ...way, stamping: this.#pictures?.stamping ?? way.stamping };
  }

  /** Whether it has been told to end. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Whether pictures of this configuration need another process. */
  outdatedBy(config: CodecConfig): boolean {
    return isOutdated(this.#request, config);
  }

  /** The epoch as the packager takes it, once FFmpeg has opened its outputs; undefined when it never did. */
  async announcement(): Promise<CmafEpoch | undefined> {
    const outputs = (await this.#opened)?.outputs ?? [];
    const connected = await Promise.all(outputs.map((output) => output.connected));
    if (connected.length === 0 || connected.includes(false)) return undefined;
    const { number: epoch, startedWallMs } = this.#request;
    const tracks = outputs.map((output) => output.track());
    return { epoch, startedWallMs, baseMediaTimeMs, tracks };
  }

  /** Resolves when the process is gone and all it wrote was read. */
  async drained(): Promise<void> {
    await this.ended;
    await Promise.all(((await this.#opened)?.outputs ?? []).map((output) => output.drained));
  }

  /** Nobody will read the outputs. */
  async discard(): Promise<void> {
    for (const output of (await this.#opened)?.outputs ?? []) output.discard();
  }

  /** Writes a unit; false when it was dropped and the next keyframe is needed. */
  write(unit: AccessUnit, timeMs: number, nowMs: number): boolean {
    if (this.#ending || timeMs < 0 || !this.#tracks.includes(unit.kind)) return true;
    this.lastInputMs = nowMs;
    if (unit.kind === 'audio') {
      this.#writeSound(0, { unit, timeMs }, nowMs);
      if (!this.#tracks.includes('video')) this.#fillSilence(timeMs, nowMs);
      return true;
    }
    if (this.#congested(unit)) {
      this.framesDropped += 1;
      return false;
    }
    this.#fillSilence(timeMs, nowMs);
    if (this.#pictures) this.#timed(this.#pictures.push(unit, timeMs));
    else this.#block(unit, timeMs);
    return true;
  }

  /** Writes a frame of a sound beside the first; those of sounds that are not in here go nowhere. */
  writeSound(index: SoundIndex, frame: PlacedUnit, nowMs: number): void {
    if (!this.#ending && frame.timeMs >= 0) this.#writeSound(index, frame, nowMs);
  }

  /** Writes a picture of a layer; those of layers that are no rung here go nowhere. */
  writeBeside(layer: Layer, { unit, timeMs }: PlacedUnit): void {
    const copied = this.#beside.get(layer);
    if (!copied || this.#ending || timeMs < -roundingMs) return;
    if (this.#dropping) copied.interrupt();
    else this.#input.send(...copied.write(unit, Math.max(0, timeMs)));
  }

  /** Takes all at once what came before it began: that this waits is not the fault of FFmpeg. */
  catchUp(write: () => void): void {
    this.#catchingUp = true;
    write();
    this.#catchingUp = false;
    this.#input.excuse();
  }

  /** No more input; what is inside still comes out. */
  async finish(): Promise<void> {
    if (!this.#ending) {
      if (this.#pictures) this.#timed(this.#pictures.flush());
      for (const copied of this.#beside.values()) this.#input.send(...copied.flush());
      this.#input.flush();
    }
    this.#ending = true;
    await (await this.#opened)?.finish();
  }

  /** Ends a process that hangs. */
  async kill(): Promise<void> {
    this.#ending = true;
    this.#abort.abort();
    await (await this.#opened)?.kill();
  }

  #begin(process: FfmpegProcess): FfmpegProcess {
    this.#process = process;
    this.#input.begin(process);
    return process;
  }

  async #end(process: FfmpegProcess): Promise<FfmpegExit> {
    const exit = await process.exited;
    // What came out before the end is still read by whoever holds the outputs: only the folder goes.
    await process[Symbol.asyncDispose]();
    return exit;
  }

  #writeSound(index: SoundIndex, { unit, timeMs }: PlacedUnit, nowMs: number): void {
    const sound = this.#sounds.get(index);
    // A single sound begins with its first frame.
    if (this.#sounds.size > 1) for (const block of sound?.begin(timeMs) ?? []) this.#frame(block, nowMs);
    if (!sound?.takes(unit, timeMs, nowMs)) return;
    const isFull = this.#input.backlogBytes > 2 * this.#request.inputLimitBytes;
    if (isFull && !this.#catchingUp) this.framesDropped += 1;
    else this.#frame(sound.block(unit, timeMs), nowMs);
  }

  /** The track that leads has come to this time: no sound stays behind. */
  #fillSilence(timeMs: number, nowMs: number): void {
    const leader = this.#tracks[0];
    for (const [index, sound] of this.#sounds) {
      // Sound that leads goes by its own times.
      if (leader === 'audio' && index === 0) continue;
      for (const block of sound.fill(timeMs, nowMs)) this.#frame(block, nowMs);
    }
  }

  #frame(block: Uint8Array, nowMs: number): void {
    if (this.#tracks.includes('video')) this.#input.hold(block, nowMs);
    else this.#input.send(block);
    this.framesIn += 1;
  }

  /** FFmpeg does not keep up: pictures are dropped up to a keyframe that finds room again. */
  #congested(unit: AccessUnit): boolean {
    if (this.#catchingUp) return false;
    // Pictures that wait twice count once.
    const backlogBytes = this.#input.backlogBytes / (this.#shownTrack > 0 ? 2 : 1);
    if (this.#dropping) this.#dropping = !unit.keyframe || backlogBytes > this.#request.inputLimitBytes / 2;
    else this.#dropping = backlogBytes > this.#request.inputLimitBytes;
    return this.#dropping;
  }

  #block(unit: BlockContent, timeMs: number): void {
    // Pictures in decoding order with times of the screen may only go to a decoder.
    const reordered = this.plan.video === 'transcode';
    const atMs = reordered ? timeMs : this.#afterLast(timeMs);
    this.#picture(matroskaBlock(this.#tracks.indexOf('video') + 1, atMs, unit), { unit, presentMs: atMs });
    this.framesIn += 1;
  }

  /** Pictures whose decoding and presentation times are known. */
  #timed(pictures: readonly TimedPicture[]): void {
    for (const { unit, decodeMs, presentMs } of pictures) {
      const at = { timeMs: decodeMs, offsetMs: presentMs - decodeMs };
      const block = matroskaReorderedBlock(this.#tracks.indexOf('video') + 1, at, unit);
      this.#picture(block, { unit, presentMs });
      this.framesIn += 1;
    }
  }

  /** Sends a picture's block, and where encoders want it, too, the same picture once more. */
  #picture(
    block: Uint8Array,
    { unit, presentMs }: { readonly unit: BlockContent; readonly presentMs: number },
  ): void {
    if (this.#shownTrack === 0) this.#input.send(block);
    else this.#input.send(block, matroskaBlock(this.#shownTrack, presentMs, unit));
  }

  /** The time, or the next possible one behind the last: a copied track's timestamps must rise. */
  #afterLast(timeMs: number): number {
    this.#lastPictureMs = Math.max(timeMs, this.#lastPictureMs + minStepMs);
    return this.#lastPictureMs;
  }
}

function describeFailure(error: unknown): FfmpegExit {
  return { clean: false, problem: error instanceof Error ? error.message : String(error) };
}
