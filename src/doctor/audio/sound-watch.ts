import type { TapPacket, Track } from '#src/core/media.ts';
import type { Symptom, Watch } from '../symptom.ts';

/** Opus needs no more than this for silence (RFC 6716 section 2.1.9: DTX; digital silence is 3 bytes). */
const silentBytes = 8;
/** Digital silence at a constant bitrate: a CELT frame whose first flag says silence, and padding. */
const celtSilence = [0xff, 0xfe, 0, 0, 0, 0, 0] as const;
const silentMs = 20_000;
/** The stereo bit of an Opus packet's first byte (RFC 6716 section 3.1). */
const stereoBit = 0x04;
/** Packets of one kind before it counts. */
const certainPackets = 250;
/** Packets have to come for silence to be heard. */
const freshMs = 2_000;

/** Reads the first byte and the size of Opus packets: silence, and how many channels there are. */
export class SoundWatch implements Watch {
  readonly #announcedStereo: boolean;
  #loudMs: number | undefined;
  #heardMs = -Infinity;
  /** Packets in a row with the same number of channels. */
  #stereo = false;
  #run = 0;

  constructor({ fmtp }: Track) {
    this.#announcedStereo = /(?:^|;)\s*(?:sprop-)?stereo=1\s*(?:;|$)/.test(fmtp);
  }

  packet({ payload, arrivedMs }: TapPacket): void {
    this.#heardMs = arrivedMs;
    this.#loudMs ??= arrivedMs;
    if (isSilent(payload)) return;
    this.#loudMs = arrivedMs;
    const stereo = ((payload[0] ?? 0) & stereoBit) !== 0;
    this.#run = stereo === this.#stereo ? this.#run + 1 : 1;
    this.#stereo = stereo;
  }

  symptoms(nowMs: number): readonly Symptom[] {
    const symptoms: Symptom[] = [];
    const quietMs = this.#loudMs === undefined ? 0 : nowMs - this.#loudMs;
    if (nowMs - this.#heardMs < freshMs && quietMs > silentMs)
      symptoms.push({ code: 'audio-silent', evidence: { silentMs: Math.round(quietMs) } });
    if (this.#run >= certainPackets && this.#stereo !== this.#announcedStereo)
      symptoms.push({
        code: 'audio-channels',
        evidence: { sent: this.#stereo ? 2 : 1, announced: this.#announcedStereo ? 2 : 1 },
      });
    return symptoms;
  }
}

function isSilent(payload: Uint8Array): boolean {
  return payload.length <= silentBytes || celtSilence.every((byte, index) => payload[index + 1] === byte);
}
