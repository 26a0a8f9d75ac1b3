import type { Layer } from '#src/core/media.ts';
import type { AccessUnit } from './depacketise/unit.ts';
import type { SideSound } from './sounds/side-sound.ts';

/** A unit as it was given to an epoch, so that it can be given to another one. */
export type Kept =
  /** Of the leading video or the first sound. */
  | { readonly of: 'lead'; readonly unit: AccessUnit }
  | { readonly of: 'layer'; readonly unit: AccessUnit; readonly layer: Layer }
  | { readonly of: 'sound'; readonly unit: AccessUnit; readonly sound: SideSound };

/** More pictures than any publisher sends between two keyframes that a decoder should catch up with. */
const mostPictures = 1_000;
/** With all layers and sounds of them. */
const mostUnits = 8_000;

/** A keyframe of the leading video, and everything that came up to the next one. */
interface Group {
  readonly keyframe: AccessUnit;
  readonly units: Kept[];
  bytes: number;
  pictures: number;
}

/**
 * What came since the last keyframe from which an epoch could go on, in the order in which it came. Bounded: beyond its limits the
 * oldest keyframe leaves with what follows it, and where it is the only one, nothing is kept up to the next.
 */
export class Backlog {
  readonly #limitBytes: number;
  readonly #groups: Group[] = [];
  #bytes = 0;
  #pictures = 0;
  #units = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Pictures of the leading video. */
  get pictures(): number {
    return this.#pictures;
  }

  /** Keeps a unit; false where there is no keyframe in front of it. */
  keep(kept: Kept): boolean {
    const { unit } = kept;
    const isPicture = kept.of === 'lead' && unit.kind === 'video';
    if (isPicture && unit.keyframe) this.#groups.push({ keyframe: unit, units: [], bytes: 0, pictures: 0 });
    const group = this.#groups.at(-1);
    if (!group) return false;
    group.units.push(kept);
    const pictures = isPicture ? 1 : 0;
    group.bytes += unit.sizeBytes;
    group.pictures += pictures;
    this.#bytes += unit.sizeBytes;
    this.#pictures += pictures;
    this.#units += 1;
    while (this.#isFull()) this.#drop();
    return this.#groups.length > 0;
  }

  /** Lets go of what is in front of the last keyframe of which this is true. */
  trim(isOut: (keyframe: AccessUnit) => boolean): void {
    for (let next = this.#groups[1]; next && isOut(next.keyframe); next = this.#groups[1]) this.#drop();
  }

  clear(): void {
    while (this.#groups.length > 0) this.#drop();
  }

  /** The first picture of the leading video of which this is true, and everything from the last keyframe up to it. */
  from(
    isWanted: (picture: AccessUnit) => boolean,
  ): { first: AccessUnit; units: readonly Kept[] } | undefined {
    for (const [index, { units }] of this.#groups.entries()) {
      const found = units.find(({ of, unit }) => of === 'lead' && unit.kind === 'video' && isWanted(unit));
      if (found)
        return { first: found.unit, units: this.#groups.slice(index).flatMap((group) => group.units) };
    }
    return undefined;
  }

  #isFull(): boolean {
    return this.#bytes > this.#limitBytes || this.#pictures > mostPictures || this.#units > mostUnits;
  }

  /** The oldest group leaves. */
  #drop(): void {
    const oldest = this.#groups.shift();
    if (!oldest) return;
    this.#bytes -= oldest.bytes;
    this.#pictures -= oldest.pictures;
    this.#units -= oldest.units.length;
  }
}
