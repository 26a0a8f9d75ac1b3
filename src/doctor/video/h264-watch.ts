import type { TapPacket, Track } from '#src/core/media.ts';
import { H264ParameterSets } from '#src/rtp/h264/parameter-sets.ts';
import { H264PictureOrder } from '#src/rtp/h264/picture-order.ts';
import { ReorderDepth } from '#src/rtp/h264/reorder-depth.ts';
import { readSliceHeader, sliceParameterSet } from '#src/rtp/h264/slice.ts';
import type { H264Sps } from '#src/rtp/keyframe/h264-sps.ts';
import type { Symptom, Watch } from '../symptom.ts';
import { decodableAs, profileOf } from './h264-profiles.ts';
import { type NalVisitor, visitNalUnits } from './slices.ts';

const slice = 1;
const idrSlice = 5;
const sequenceSet = 7;
const pictureSet = 8;
/** An encoder that decides from picture to picture may do without B-frames for a while. */
const forgetMs = 30_000;
/** Two pictures out of order are no accident. */
const certainPictures = 2;
/** profile-level-id that holds where SDP names none (RFC 6184 section 8.1). */
const defaultProfile = 0x420010;

/** Reads parameter sets and the beginnings of slices: B-frames, missing headers, another profile than announced. */
export class H264Watch implements Watch {
  readonly #announced: number;
  /** With asymmetry allowed, the announced level is about receiving (RFC 6184 section 8.2.2). */
  readonly #levelIsOwn: boolean;
  readonly #hasSprop: boolean;
  readonly #sets = new H264ParameterSets();
  readonly #orders = new H264PictureOrder();
  readonly #depth = new ReorderDepth();
  #sps: H264Sps | undefined;
  /** The packet that is being looked at. */
  #current: TapPacket | undefined;
  #lastSequence = -1;
  #timestamp = -1;
  /** Timestamp of the picture that brought the last SPS. */
  #setsTimestamp = -1;
  #pictures = 0;
  #bare = 0;
  #undecodable = 0;
  #reorderedMs = -Infinity;

  constructor({ fmtp }: Track) {
    const profile = /(?:^|;)\s*profile-level-id=([\da-f]{6})/i.exec(fmtp)?.[1];
    this.#announced = profile === undefined ? defaultProfile : Number.parseInt(profile, 16);
    this.#levelIsOwn = !/(?:^|;)\s*level-asymmetry-allowed=1/i.test(fmtp);
    this.#hasSprop = /(?:^|;)\s*sprop-parameter-sets=[^;\s]/i.test(fmtp);
  }

  /** Pictures come in another order than they are shown. */
  bFrames(nowMs: number): boolean {
    return this.#depth.reordered >= certainPictures && nowMs - this.#reorderedMs < forgetMs;
  }

  packet(packet: TapPacket): void {
    // What was sent again comes late: it would look like another order.
    if (packet.codec !== 'h264' || packet.sequence <= this.#lastSequence) return;
    if (packet.sequence !== this.#lastSequence + 1) this.#depth.gap();
    this.#lastSequence = packet.sequence;
    this.#current = packet;
    visitNalUnits(packet.payload, this.#visit);
    this.#current = undefined;
  }

  symptoms(nowMs: number): readonly Symptom[] {
    const found: Symptom[] = [];
    const reordered = this.#depth.reordered;
    if (this.bFrames(nowMs)) {
      const sharePercent = Math.round((100 * reordered) / Math.max(1, this.#pictures));
      found.push({ code: 'b-frames', evidence: { reorderFrames: this.#depth.depth, sharePercent } });
    }
    if (this.#undecodable > 0)
      found.push({ code: 'parameter-sets-missing', evidence: { keyframes: this.#undecodable } });
    else if (this.#bare > 1) found.push({ code: 'parameter-sets-once', evidence: { keyframes: this.#bare } });
    return [...found, ...this.#profile()];
  }

  readonly #visit: NalVisitor = (header, bytes, bodyAt) => {
    const packet = this.#current;
    if (!packet) return;
    const type = header & 31;
    if (type === sequenceSet) this.#sequence(bytes.subarray(bodyAt - 1), packet.timestamp);
    else if (type === pictureSet) this.#sets.picture(bytes.subarray(bodyAt - 1));
    else if ((type === slice || type === idrSlice) && packet.timestamp !== this.#timestamp) {
      this.#timestamp = packet.timestamp;
      this.#picture(header, { bytes, bodyAt }, packet);
    }
  };

  #sequence(nal: Uint8Array, timestamp: number): void {
    this.#setsTimestamp = timestamp;
    this.#sps = this.#sets.sequence(nal) ?? this.#sps;
  }

  #picture(
    header: number,
    place: { bytes: Uint8Array; bodyAt: number },
    { timestamp, arrivedMs }: TapPacket,
  ): void {
    const idr = (header & 31) === idrSlice;
    this.#pictures += 1;
    if (idr) this.#keyframe(timestamp);
    const set = sliceParameterSet(place.bytes, place.bodyAt);
    const sps = set === undefined ? undefined : this.#sets.of(set);
    const read = sps && readSliceHeader({ ...place, idr }, sps);
    if (!sps || !read) return;
    const order = this.#orders.next(read, { idr, reference: (header & 0x60) !== 0 }, sps);
    // Where the order cannot be read, B slices are as good as a sign.
    const outOfOrder = order === undefined ? read.bidirectional : this.#depth.add(order, idr);
    if (outOfOrder) this.#reorderedMs = arrivedMs;
  }

  #keyframe(timestamp: number): void {
    const bare = this.#setsTimestamp !== timestamp;
    this.#bare = bare ? this.#bare + 1 : 0;
    this.#undecodable = this.#sets.complete || this.#hasSprop ? 0 : this.#undecodable + 1;
  }

  #profile(): readonly Symptom[] {
    const sps = this.#sps;
    if (!sps) return [];
    const announcedProfile = profileOf(this.#announced >> 16, (this.#announced >> 8) & 0xff);
    const level = this.#announced & 0xff;
    const levelFits = !this.#levelIsOwn || sps.level <= level;
    if (decodableAs(profileOf(sps.profile, sps.constraints), announcedProfile) && levelFits) return [];
    const stream = [sps.profile, sps.constraints, sps.level].map((byte) =>
      byte.toString(16).padStart(2, '0'),
    );
    const announced = this.#announced.toString(16).padStart(6, '0');
    return [{ code: 'profile-unlike-sdp', evidence: { stream: stream.join(''), announced } }];
  }
}
