/** Writes the bit string of one NAL unit (ITU-T H.264 clause 7.2 and 9.1). */
class BitWriter {
  #bits = '';

  fixed(value: number, count: number): this {
    this.#bits += value.toString(2).padStart(count, '0');
    return this;
  }

  /** Unsigned Exp-Golomb code. */
  golomb(...values: readonly number[]): this {
    for (const value of values) {
      const code = (value + 1).toString(2);
      this.#bits += '0'.repeat(code.length - 1) + code;
    }
    return this;
  }

  /** Up to the next byte border with zeros. */
  align(): this {
    this.#bits = this.#bits.padEnd(Math.ceil(this.#bits.length / 8) * 8, '0');
    return this;
  }

  bytes(): Buffer {
    const octets = this.#bits.match(/.{8}/g) ?? [];
    return Buffer.from(octets.map((octet) => Number.parseInt(octet, 2)));
  }

  /** The NAL unit: header byte, bits so far, stop bit. */
  unit(header: number): Buffer {
    this.#bits += '1';
    return Buffer.concat([Buffer.from([header]), this.align().bytes()]);
  }
}

const profileLevel = 0x42e01f;

/** Sequence parameters: Constrained Baseline, level 3.1, one macroblock of 16 by 16 pixels, output in coding order. */
export const sequenceParameters: Buffer = new BitWriter()
  .fixed(profileLevel, 24)
  .golomb(0, 0, 2, 1)
  .fixed(0, 1)
  .golomb(0, 0)
  .fixed(0b1100, 4)
  .unit(0x67);

/** Picture parameters: CAVLC, deblocking told by the slice. */
export const pictureParameters: Buffer = new BitWriter()
  .golomb(0, 0)
  .fixed(0, 2)
  .golomb(0, 0, 0)
  .fixed(0, 3)
  .golomb(0, 0, 0)
  .fixed(0b100, 3)
  .unit(0x68);

/** A whole grey picture: an IDR slice whose one macroblock carries its samples as they are (I_PCM), so nothing is predicted. */
export function idrPicture(count: number): Buffer {
  const head = new BitWriter()
    .golomb(0, 7, 0)
    .fixed(0, 4)
    // Two IDR pictures in a row have different numbers.
    .golomb(count % 2)
    .fixed(0, 2)
    // No change of the quantiser, no deblocking, macroblock type I_PCM.
    .golomb(0, 1, 25)
    .align()
    .bytes();
  return Buffer.concat([Buffer.from([0x65]), head, Buffer.alloc(384, 0x80), Buffer.from([0x80])]);
}

/** 20 ms of Opus silence (RFC 6716: CELT, one frame). */
export const opusSilence: Buffer = Buffer.from([0xf8, 0xff, 0xfe]);
