import type { LadderReport, LayerRungReport } from '#src/core/cmaf.ts';
import type { LadderName } from '#src/core/ladder.ts';
import type { BudgetClaim } from './core-budget.ts';
import type { PictureSize, Rung } from './ladder.ts';
import { sameCopy, type LayerCopy } from './layers/layer-copy.ts';
import { planRungs, type RungPlan } from './layers/rung-plan.ts';
import type { Layers, SideLayer } from './layers/side-layer.ts';

/** The layers of a simulcast publisher, beside the one that leads. */
export interface LayerShelf {
  layersAt(nowMs: number): Layers;
}

const noLayers: Layers = { seen: [], awaited: 0 };

/** What a process makes of a picture: the part of its plan that is a ladder's affair. */
export interface PlannedRungs {
  readonly rungs: readonly Rung[];
  readonly layers: readonly LayerCopy[];
}

/** What a plan goes by besides the picture's size. */
export interface LadderMoment {
  /** The top is copied. */
  readonly passthrough: boolean;
  readonly nowMs: number;
  /** Sounds that are encoded. */
  readonly sounds: number;
}

/** After processes that ended without having given anything, layers are not copied for so long: perhaps it was one of them. */
const copyRestMs = 60_000;

/** The ladder of one stream: what its name promises for a picture's size, less what the machine has no room for. */
export class StreamLadder implements Disposable {
  /** By the settings, for publishers that bring none. */
  readonly #usual: LadderName;
  #name: LadderName;
  readonly #claim: BudgetClaim;
  #shelf: LayerShelf | undefined;
  #top: (PictureSize & { readonly passthrough: boolean }) | undefined;
  #promised: readonly Rung[] = [];
  #copiesFromMs = -Infinity;
  /** Why nothing can be encoded. */
  readonly #lack: () => string | undefined;

  constructor(name: LadderName, claim: BudgetClaim, lack: () => string | undefined = () => undefined) {
    this.#usual = name;
    this.#name = name;
    this.#claim = claim;
    this.#lack = lack;
  }

  /** A publisher takes the stream, with a ladder of its own or without: the processes from here on go by it. */
  choose(name: LadderName | undefined): void {
    this.#name = name ?? this.#usual;
  }

  /** The publisher sends layers, or none any more. */
  follow(shelf: LayerShelf | undefined): void {
    this.#shelf = shelf;
  }

  /** Rungs for a top of this size, beside so many sounds, that are to be had now. Layers are copied only where the top is. */
  plan(top: PictureSize, at: LadderMoment): RungPlan {
    const { width, height } = top;
    this.#top = { width, height, passthrough: at.passthrough };
    const { copies, encoded } = this.#wished(at.nowMs);
    this.#promised = encoded;
    const allowed = encoded.slice(this.#withheld);
    const pixels = allowed.map((rung) => rung.width * rung.height);
    this.#claim.encodes(pixels, at.sounds);
    return { copies, encoded: allowed };
  }

  /** Whether other rungs are to be had than those. */
  outdates({ rungs, layers }: PlannedRungs, nowMs: number): boolean {
    const { copies, encoded } = this.#wished(nowMs);
    const allowed = encoded.slice(this.#withheld);
    return (
      copies.length !== layers.length ||
      !copies.every((copy, index) => isSame(copy, layers[index])) ||
      rungs.length !== allowed.length ||
      !allowed.every(({ rendition, height }, index) => {
        return rendition === rungs[index]?.rendition && height === rungs[index].height;
      })
    );
  }

  /** What FFmpeg was measured to use. */
  uses(cores: number, nowMs: number): void {
    this.#claim.uses(cores, nowMs);
  }

  /** Nothing is encoded: there is no FFmpeg now. */
  rest(nowMs: number): void {
    this.#claim.encodes([], 0);
    this.#claim.uses(0, nowMs);
  }

  /** FFmpeg lets pictures wait until they must be dropped. */
  lags(nowMs: number): void {
    this.#claim.lags(nowMs);
  }

  /** FFmpeg ended again and again without having given anything: perhaps it cannot encode, or cannot read a layer. */
  fails(nowMs: number): void {
    this.#claim.fails(nowMs);
    this.#copiesFromMs = nowMs + copyRestMs;
  }

  /** Undefined where there is nothing to choose from. */
  report({ rungs, layers }: PlannedRungs, nowMs: number): LadderReport | undefined {
    const { seen } = this.#shelf?.layersAt(nowMs) ?? noLayers;
    if (this.#promised.length === 0 && seen.length === 0) return undefined;
    const withheld = this.#promised.slice(0, this.#withheld).map(({ rendition }) => rendition);
    const copied = seen.map((layer) => reportLayer(layer, layers, nowMs < this.#copiesFromMs));
    return {
      ...{ name: this.#name, rungs, withheld, reason: this.#lack() ?? this.#claim.reason },
      ...(copied.length > 0 && { layers: copied }),
    };
  }

  [Symbol.dispose](): void {
    this.#claim[Symbol.dispose]();
  }

  /** How many rungs are not to be had, from the upper end down. */
  get #withheld(): number {
    return this.#lack() === undefined ? this.#claim.withheld : Infinity;
  }

  #wished(nowMs: number): RungPlan {
    if (!this.#top) return { copies: [], encoded: [] };
    const canCopy = this.#top.passthrough && nowMs >= this.#copiesFromMs;
    return planRungs(this.#name, this.#top, (canCopy ? this.#shelf?.layersAt(nowMs) : undefined) ?? noLayers);
  }
}

function isSame(copy: LayerCopy, other: LayerCopy | undefined): boolean {
  return other !== undefined && sameCopy(copy, other);
}

function reportLayer(layer: SideLayer, copies: readonly LayerCopy[], rests: boolean): LayerRungReport {
  const { rid, config, bitrateBps, problem } = layer;
  const copy = copies.find((one) => one.layer === layer.layer);
  const reason = problem ?? (rests ? 'FFmpeg failed while it copied layers' : undefined);
  return {
    ...{ rid, width: config.width, height: config.height, bitrateBps: Math.round(bitrateBps) },
    ...{ rendition: copy?.rendition, problem: copy ? undefined : (reason ?? waiting) },
  };
}

const waiting = 'it becomes a rung with the next keyframe, if it is smaller than the top';
