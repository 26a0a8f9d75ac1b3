import type { SoundIndex, SoundTapPacket, Track } from '#src/core/media.ts';
import type { AccessUnit } from '../depacketise/unit.ts';
import { Follower } from '../follower.ts';
import { TrackIngest } from '../ingest.ts';

/** Every Opus track is one of these on the wire (RFC 7587 section 4.1). */
const track: Track = { kind: 'audio', codec: 'opus', clockRateHz: 48_000, fmtp: '', rids: [''] };

/** An audio track of the publisher beside the first: its packets, its clock, and whether there is anything of it. */
export class SideSound {
  readonly index: SoundIndex;
  readonly follower = new Follower(track.clockRateHz);
  /** It has sent since this publisher came. */
  heard = false;
  readonly #ingest: TrackIngest;

  constructor(index: SoundIndex, holdMs: number, unit: (sound: SideSound, unit: AccessUnit) => void) {
    this.index = index;
    this.#ingest = new TrackIngest(track, holdMs, {
      unit: (frame) => {
        this.heard = true;
        if (!this.follower.time.observe(frame.timestamp, frame.arrivedMs)) this.follower.begin();
        unit(this, frame);
      },
      damaged: () => undefined, // One frame of sound needs no other.
    });
  }

  get dropped(): number {
    return this.#ingest.dropped;
  }

  push(packet: SoundTapPacket, nowMs: number): void {
    this.#ingest.push(packet, nowMs);
  }

  expire(nowMs: number): void {
    this.#ingest.expire(nowMs);
  }
}
