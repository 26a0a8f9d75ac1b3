import type { SoundChoice } from '#src/core/cmaf.ts';
import type { SoundIndex, SoundTapPacket } from '#src/core/media.ts';
import type { AccessUnit } from '../depacketise/unit.ts';
import type { Follower } from '../follower.ts';
import type { SoundTapClock } from '../tap.ts';
import { SideSound } from './side-sound.ts';

/** All sounds of one publisher: what they are called, and the packets of those beside the first. */
export class StreamSounds {
  readonly #choices: readonly SoundChoice[];
  readonly #sides: ReadonlyMap<SoundIndex, SideSound>;

  /** `unit`: the next frame of a sound beside the first. */
  constructor(
    choices: readonly SoundChoice[],
    holdMs: number,
    unit: (sound: SideSound, unit: AccessUnit) => void,
  ) {
    this.#choices = choices;
    const sides = choices.filter(({ index }) => index > 0);
    this.#sides = new Map(sides.map(({ index }) => [index, new SideSound(index, holdMs, unit)]));
  }

  /** How many there are beside the first. */
  get asides(): number {
    return this.#sides.size;
  }

  /** For the timeline. */
  get followers(): readonly Follower[] {
    return [...this.#sides.values()].map(({ follower }) => follower);
  }

  get dropped(): number {
    return [...this.#sides.values()].reduce((sum, side) => sum + side.dropped, 0);
  }

  /** Those of which there is something; the first always counts. */
  get choices(): readonly SoundChoice[] {
    return this.#choices.filter(({ index }) => this.#sides.get(index)?.heard !== false);
  }

  /** Whether every one of them has sent. */
  get complete(): boolean {
    return this.#sides.values().every(({ heard }) => heard);
  }

  packets(batch: readonly SoundTapPacket[], nowMs: number): void {
    for (const packet of batch) this.#sides.get(packet.sound)?.push(packet, nowMs);
  }

  /** A sender report of one of them. */
  clock({ sound, timestamp, ntpMs }: SoundTapClock): void {
    this.#sides.get(sound)?.follower.time.report(timestamp, ntpMs);
  }

  expire(nowMs: number): void {
    for (const side of this.#sides.values()) side.expire(nowMs);
  }

  /** Another publisher takes over. */
  renew(): void {
    for (const side of this.#sides.values()) side.heard = false;
  }
}

/** Whether two lists are of the same sounds by the same names. */
export function sameSounds(one: readonly SoundChoice[], other: readonly SoundChoice[]): boolean {
  const same = (a: SoundChoice, b: SoundChoice | undefined): boolean =>
    a.index === b?.index && a.name === b.name && a.language === b.language;
  return one.length === other.length && one.every((choice, at) => same(choice, other[at]));
}
