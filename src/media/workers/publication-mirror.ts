import type { PublisherHome } from '../publisher.ts';
import { MirroredPublisher, type MirrorHome } from './mirrored-publisher.ts';
import {
  RecordReader,
  type RecordVisitor,
  type SharedClock,
  type SharedPacket,
  type SharedState,
} from './records.ts';
import { ringAsk } from './ring-layout.ts';
import { RingReader } from './ring-reader.ts';

/** Counters of all mirrors of a worker. */
export interface MirrorTally {
  /** Packets taken over. */
  mirrored: number;
  /** How often this worker was so late that packets were lost to it. */
  mirrorLapses: number;
}

/** The publication in this worker. */
export interface MirrorPlace extends PublisherHome {
  requestKeyframe(): void;
}

/** Turns the records of one publication's ring into the image of its publisher in this worker. */
export class PublicationMirror implements RecordVisitor {
  readonly #here: MirrorPlace;
  readonly #home: MirrorHome;
  readonly #ring: RingReader;
  readonly #tally: MirrorTally;
  readonly #reader = new RecordReader();
  #publisher: MirroredPublisher | undefined;

  constructor(here: MirrorPlace, memory: SharedArrayBuffer, tally: MirrorTally) {
    const ring = new RingReader(memory);
    ring.ask(ringAsk.state | ringAsk.recount);
    this.#here = here;
    this.#ring = ring;
    this.#tally = tally;
    this.#home = {
      ready: (publisher) => here.ready(publisher),
      appeared: (layer) => here.appeared(layer),
      forward: (packet) => here.forward(packet),
      left: (publisher) => here.left(publisher),
      wantKeyframe: (layer) => ring.want(layer),
    };
  }

  /** Reads what is new, but no more than `most` records; true when there may be more. */
  drain(most: number): boolean {
    const { lapses } = this.#ring;
    for (let read = 0; read < most; read++) {
      const body = this.#ring.next();
      if (body === undefined) {
        if (this.#ring.lapses !== lapses) this.#lapsed();
        return false;
      }
      this.#reader.read(body, this);
    }
    return true;
  }

  packet(slot: number, packet: SharedPacket): void {
    this.#tally.mirrored++;
    this.#publisher?.packet(slot, packet);
  }

  clock(slot: number, clock: SharedClock): void {
    this.#publisher?.clock(slot, clock);
  }

  state(state: SharedState): void {
    const { publisher } = state;
    if (publisher === undefined) {
      this.close();
      return;
    }
    // The next one takes the publication over while the last one is still in place: viewers notice as they always do.
    if (this.#publisher?.life !== state.life) {
      this.#publisher = new MirroredPublisher(this.#home, { ...state, publisher });
    }
    this.#publisher.update(state);
  }

  /** Nobody publishes any more, as far as this worker is concerned. */
  close(): void {
    this.#publisher?.close();
    this.#publisher = undefined;
  }

  /** Packets are lost, and maybe more: how things stand is asked for, and pictures go on with a keyframe. */
  #lapsed(): void {
    this.#tally.mirrorLapses++;
    this.#ring.ask(ringAsk.state);
    this.#here.requestKeyframe();
  }
}
