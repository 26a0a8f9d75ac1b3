import type { Source } from '../source.ts';
import { SubPictures } from './sub-pictures.ts';
import { SubSource } from './sub-source.ts';

/** Packets remembered, both of the stream and of the part: as many as a ring of packets has at least. */
const remembered = 4096;
/** Packets of the stream after the last follower left: those who went over to other layers still ask for what they missed. */
const lingerPackets = 1024;
const states = { missing: 0, taken: 1, left: 2, filled: 3, markerFlag: 4 } as const;

/** What a part of a stream needs to know of a packet. */
export interface StreamPacket {
  /** Extended number in the stream. */
  readonly sequence: number;
  /** It is among the layers. */
  readonly belongs: boolean;
  /** Nothing later came before it. */
  readonly newest: boolean;
  /** Last packet of the picture, as far as these layers go. */
  readonly marker: boolean;
  /** Extended picture id, -1 for none. */
  readonly pictureId: number;
}

/** A number of the part, traced back to the stream. */
export interface TracedPacket {
  sequence: number;
  marker: boolean;
  /** It stands for a packet that turned out not to belong: nothing is in it. */
  filler: boolean;
  /** Low 15 bits of the picture's number. */
  pictureId: number;
}

/**
 * The packets of some layers of a stream: one for all viewers who get just these. It numbers them anew, so that what was left
 * out on purpose leaves no holes, and viewers ask for nothing but real losses.
 *
 * Whether a missing packet belongs is not known until it comes: a number is kept for it. If it comes and does not belong, an
 * empty packet takes that number, or the viewers would ask for it until they give up on the picture.
 */
export class SubStream {
  readonly source: SubSource;
  /** Number of the packet just taken. */
  number = 0;
  /** The packet just taken is an empty one. */
  filler = false;
  /** Number of its picture, -1 for none. */
  pictureId = -1;
  /** Stream's number minus ours: by the stream's number, and by ours. */
  #leads: Uint32Array | undefined;
  #origins = new Uint32Array(0);
  #states = new Uint8Array(0);
  #pictureIds = new Uint16Array(0);
  readonly #pictures = new SubPictures();
  #active = false;
  #lingering = 0;
  /** Numbers of the stream from where it became active to the highest it knows of. */
  #first = 0;
  #last = -1;
  /** Our highest number, given out or kept. */
  #highest = -1;
  readonly #traced: TracedPacket = { sequence: 0, marker: false, filler: false, pictureId: 0 };

  constructor(stream: Source, spatial: number, temporal: number) {
    this.source = new SubSource(stream, spatial, temporal);
  }

  /** Takes the next packet of the stream; false when it is not for those who follow, or nobody does. */
  take(packet: StreamPacket): boolean {
    const isFollowed = this.source.followers > 0;
    if (isFollowed) this.#lingering = lingerPackets;
    else if (this.#lingering > 0) this.#lingering -= 1;
    else this.#active = false;
    if (!this.#active && (!isFollowed || !this.#activate(packet))) return false;
    if (packet.sequence > this.#last) return this.#takeNew(packet) && isFollowed;
    if (packet.sequence < this.#first || packet.sequence <= this.#last - remembered) return false;
    return this.#takeLate(packet) && isFollowed;
  }

  /** Which packet of the stream one of our numbers stands for; undefined when there is none yet, or no more. Reused. */
  trace(number: number): Readonly<TracedPacket> | undefined {
    if (number > this.#highest || number <= this.#highest - remembered || number < 0) return undefined;
    const sequence = number + (this.#origins[number % remembered] ?? 0);
    const slot = sequence % remembered;
    const state = this.#states[slot] ?? 0;
    const kind = state & 3;
    if (sequence <= this.#last - remembered || this.#leads?.[slot] !== sequence - number) return undefined;
    if (kind !== states.taken && kind !== states.filled) return undefined;
    const traced = this.#traced;
    traced.sequence = sequence;
    traced.marker = (state & states.markerFlag) !== 0;
    traced.filler = kind === states.filled;
    traced.pictureId = this.#pictureIds[slot] ?? 0;
    return traced;
  }

  /** Begins with the newest packet: what came before it out of order would be taken for missing. */
  #activate(packet: StreamPacket): boolean {
    if (!packet.newest) return false;
    if (this.#leads === undefined) {
      this.#leads = new Uint32Array(remembered);
      this.#origins = new Uint32Array(remembered);
      this.#states = new Uint8Array(remembered);
      this.#pictureIds = new Uint16Array(remembered);
      this.#highest = packet.sequence - 1;
    }
    this.#pictures.restart();
    this.#first = packet.sequence;
    this.#last = packet.sequence - 1;
    this.#active = true;
    return true;
  }

  #takeNew(packet: StreamPacket): boolean {
    this.#keepMissing(packet.sequence - this.#last - 1);
    this.#last = packet.sequence;
    this.source.spoken = this.#highest;
    this.pictureId = packet.pictureId < 0 ? -1 : this.#pictures.number(packet.pictureId, packet.belongs);
    if (packet.belongs) this.#highest += 1;
    const kind = packet.belongs ? states.taken : states.left;
    this.#note(packet.sequence, this.#highest, kind | (packet.marker ? states.markerFlag : 0));
    this.number = this.#highest;
    this.filler = false;
    return packet.belongs;
  }

  #takeLate(packet: StreamPacket): boolean {
    const slot = packet.sequence % remembered;
    if (this.#states[slot] !== states.missing) return false;
    this.number = packet.sequence - (this.#leads?.[slot] ?? 0);
    this.filler = !packet.belongs;
    this.pictureId = packet.pictureId < 0 ? -1 : this.#pictures.number(packet.pictureId, packet.belongs);
    const kind = packet.belongs ? states.taken : states.filled;
    const marker = packet.belongs && packet.marker ? states.markerFlag : 0;
    this.#note(packet.sequence, this.number, kind | marker);
    return true;
  }

  /** Missing packets get a number each; of more than can be remembered, the last ones are. */
  #keepMissing(count: number): void {
    for (let i = Math.max(1, count - remembered + 1); i <= count; i += 1) {
      this.pictureId = 0;
      this.#note(this.#last + i, this.#highest + i, states.missing);
    }
    this.#highest += count;
  }

  #note(sequence: number, number: number, state: number): void {
    const slot = sequence % remembered;
    const lead = sequence - number;
    if (this.#leads !== undefined) this.#leads[slot] = lead;
    this.#states[slot] = state;
    this.#pictureIds[slot] = this.pictureId & 0x7fff;
    // A packet left out has no number: the one before it keeps the slot.
    if ((state & 3) !== states.left) this.#origins[number % remembered] = lead;
  }
}
