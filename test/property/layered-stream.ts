import fc from 'fast-check';

/** How one picture of a layered stream is made, and what becomes of its packets. */
export interface PictureChoice {
  readonly keyframe: boolean;
  /** Its temporal layers start anew here: they refer to nothing before this picture. */
  readonly closed: boolean;
  /** Spatial layers, as far as the encoder made them. */
  readonly spatials: number;
  readonly packets: number;
  readonly fates: readonly Fate[];
}
export type Fate = 'comes' | 'lost' | 'late' | 'twice';

/** One frame of one spatial layer, and the frames that a decoder needs for it. */
export interface ModelFrame {
  readonly picture: number;
  readonly spatial: number;
  readonly temporal: number;
  readonly references: readonly ModelFrame[];
  readonly keyframe: boolean;
  readonly closed: boolean;
  /** The whole stream is closed at every base picture. */
  readonly alwaysClosed: boolean;
  /** Counts base pictures. */
  readonly tl0: number;
  /** Counts all frames of the stream. */
  readonly number: number;
  readonly packets: number;
}

/** One packet before it is written for some codec. */
export interface ModelPacket {
  readonly frame: ModelFrame;
  readonly index: number;
  readonly marker: boolean;
  readonly fate: Fate;
  readonly sequence: number;
  readonly timestamp: number;
}

/** Choices for a stream; without `losses` everything comes sooner or later. */
export function pictureChoices(losses: boolean): fc.Arbitrary<PictureChoice[]> {
  const fates: Fate[] = ['comes', 'comes', 'comes', 'comes', 'late', 'twice'];
  if (losses) fates.push('lost');
  return fc.array(
    fc.record({
      keyframe: fc.nat(11).map((n) => n === 0),
      closed: fc.nat(2).map((n) => n === 0),
      spatials: fc.constantFrom(3, 3, 3, 3, 2, 1),
      packets: fc.integer({ min: 1, max: 3 }),
      fates: fc.array(fc.constantFrom(...fates), { minLength: 9, maxLength: 9 }),
    }),
    { minLength: 30, maxLength: 90 },
  );
}

/** Temporal layers in turn, as encoders with three of them do. */
const pattern = [0, 2, 1, 2];

/** Makes pictures with true references: the ground that decodability is judged on. */
export class StreamModel {
  readonly #spatials: number;
  readonly #alwaysClosed: boolean;
  /** Newest frame of each layer. */
  readonly #newest = new Map<string, ModelFrame>();
  #picture = 0;
  #frames: number;
  #sinceKeyframe = 0;
  #closed = true;
  /** The last base picture. */
  #stretch = 0;
  #tl0 = 250;
  #sequence = 65_500;
  #timestamp = 0xffff_0000;

  constructor(options: {
    readonly spatials: number;
    readonly alwaysClosed: boolean;
    readonly firstFrame: number;
  }) {
    this.#spatials = options.spatials;
    this.#alwaysClosed = options.alwaysClosed;
    this.#frames = options.firstFrame;
  }

  picture(choice: PictureChoice): readonly ModelPacket[] {
    const keyframe = choice.keyframe || this.#picture === 0;
    if (keyframe) {
      this.#sinceKeyframe = 0;
      this.#newest.clear();
    }
    const temporal = pattern[this.#sinceKeyframe % pattern.length]!;
    if (temporal === 0) {
      this.#closed = keyframe || choice.closed || this.#alwaysClosed;
      this.#stretch = this.#picture;
      this.#tl0 += 1;
    }
    const spatials = keyframe ? this.#spatials : Math.min(this.#spatials, choice.spatials);
    const frames: ModelFrame[] = [];
    for (let spatial = 0; spatial < spatials; spatial += 1) {
      frames.push({
        picture: this.#picture,
        spatial,
        temporal,
        references: this.#references({ spatial, temporal, keyframe, below: frames[spatial - 1] }),
        keyframe,
        closed: this.#closed,
        alwaysClosed: this.#alwaysClosed,
        tl0: this.#tl0,
        number: this.#frames++,
        packets: choice.packets,
      });
    }
    for (const frame of frames) this.#newest.set(`${frame.spatial}/${frame.temporal}`, frame);
    this.#timestamp = (this.#timestamp + 3000) >>> 0;
    this.#picture += 1;
    this.#sinceKeyframe += 1;
    return frames.flatMap((frame) => this.#packets(frame, frame.spatial === spatials - 1, choice));
  }

  /** Base pictures refer to base pictures; upper ones to all below them, and in open stretches to what was before. */
  #references(of: {
    readonly spatial: number;
    readonly temporal: number;
    readonly keyframe: boolean;
    readonly below: ModelFrame | undefined;
  }): readonly ModelFrame[] {
    const below = of.below === undefined ? [] : [of.below];
    if (of.keyframe) return below;
    const base = this.#newest.get(`${of.spatial}/0`);
    const middle = of.temporal === 0 ? undefined : this.#newest.get(`${of.spatial}/1`);
    const isAllowed = middle !== undefined && (!this.#closed || middle.picture > this.#stretch);
    return [...below, ...(base === undefined ? [] : [base]), ...(isAllowed ? [middle] : [])];
  }

  #packets(frame: ModelFrame, isLast: boolean, choice: PictureChoice): readonly ModelPacket[] {
    return Array.from({ length: frame.packets }, (_, index) => ({
      frame,
      index,
      marker: isLast && index === frame.packets - 1,
      fate: choice.fates[frame.spatial * 3 + index]!,
      sequence: this.#sequence++,
      timestamp: this.#timestamp,
    }));
  }
}

/** The order in which packets arrive: late ones behind some that follow, some twice. */
export function arrivals(packets: readonly ModelPacket[]): readonly ModelPacket[] {
  const held: { readonly packet: ModelPacket; left: number }[] = [];
  const out: ModelPacket[] = [];
  for (const packet of packets) {
    if (packet.fate === 'late') held.push({ packet, left: 1 + (packet.sequence % 7) });
    else if (packet.fate !== 'lost') out.push(packet);
    if (packet.fate === 'twice') out.push(packet);
    for (const entry of held) {
      entry.left -= 1;
      if (entry.left === 0) out.push(entry.packet);
    }
  }
  return [...out, ...held.filter(({ left }) => left > 0).map(({ packet }) => packet)];
}
