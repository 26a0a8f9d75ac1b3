import { barcodeColumns, barcodeHeightShare, barcodeRows, encodeBarcode } from '../barcode.ts';
import type { SourceOptions } from '../rig-types.ts';
import { wallNowMs } from './clock.ts';

/** A made-up camera and microphone. */
export interface Source {
  readonly stream: MediaStream;
  readonly framesMade: number;
  stop(): Promise<void>;
}

/** Opens a picture that carries the wall clock as a barcode over moving texture, and a steady tone. */
export async function openSource(options: SourceOptions): Promise<Source> {
  const stream = new MediaStream();
  const video = options.video ? new ClockPicture(options) : undefined;
  const pitchesHz = options.audio ? [options.toneHz, ...(options.moreTonesHz ?? [])] : [];
  const tones = await Promise.all(pitchesHz.map(openTone));
  if (video) stream.addTrack(video.track);
  for (const { track } of tones) stream.addTrack(track);
  return {
    stream,
    get framesMade() {
      return video?.framesMade ?? 0;
    },
    async stop() {
      video?.stop();
      await Promise.all(tones.map(({ context }) => context.close()));
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

/** Writes raw I420 frames into a track: no canvas, no capture timer, so frames leave when they are drawn. */
class ClockPicture {
  readonly track: MediaStreamTrackGenerator;
  framesMade = 0;
  readonly #options: SourceOptions;
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  readonly #texture: Uint8Array;
  readonly #picture: Uint8Array<ArrayBuffer>;
  readonly #startedMs = performance.now();
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.track = new MediaStreamTrackGenerator({ kind: 'video' });
    this.#writer = this.track.writable.getWriter();
    this.#texture = makeTexture(options.width * 2, options.height);
    this.#picture = new Uint8Array((options.width * options.height * 3) / 2).fill(128);
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const intervalMs = 1000 / this.#options.frameRateHz;
    // A writer under pressure means a stuck consumer: leave the frame out, as a camera would.
    if ((this.#writer.desiredSize ?? 0) > 0) this.#write();
    // Timers may fire a little early, so the turn is counted and not computed; turns long past are left out.
    this.#turn = Math.max(this.#turn + 1, Math.floor((performance.now() - this.#startedMs) / intervalMs));
    const waitMs = this.#startedMs + this.#turn * intervalMs - performance.now();
    this.#timer = setTimeout(() => this.#tick(), waitMs);
  }

  #write(): void {
    const { width, height } = this.#options;
    this.#scroll();
    this.#stamp();
    const timestamp = Math.round(performance.now() * 1000);
    const frame = new VideoFrame(this.#picture, {
      format: 'I420',
      codedWidth: width,
      codedHeight: height,
      timestamp,
    });
    this.framesMade++;
    this.#writer.write(frame).catch((error: unknown) => {
      // The track was stopped while a frame was on its way: this is the end, not a failure.
      if (this.track.readyState === 'live') throw error;
      this.stop();
    });
  }

  #scroll(): void {
    const { width, height } = this.#options;
    const pan = (this.framesMade * 3) % width;
    // The lowest rows jump about, which no motion search predicts: they keep the bitrate up.
    const jump = (this.framesMade * 229) % width;
    const first = Math.ceil(height * barcodeHeightShare);
    for (let row = first; row < height; row++) {
      const from = row * width * 2 + (row > height * 0.85 ? jump : pan);
      this.#picture.set(this.#texture.subarray(from, from + width), row * width);
    }
  }

  #stamp(): void {
    const { width, height } = this.#options;
    const wallTenths = Math.round(wallNowMs() * 10);
    const cells = encodeBarcode({ wallTenths, counter: this.framesMade });
    const cellHeight = (height * barcodeHeightShare) / barcodeRows;
    const line = new Uint8Array(width);
    for (let row = 0; row < barcodeRows; row++) {
      for (let column = 0; column < barcodeColumns; column++) {
        const luma = cells[row * barcodeColumns + column] === 1 ? 235 : 16;
        const from = Math.round((column * width) / barcodeColumns);
        line.fill(luma, from, Math.round(((column + 1) * width) / barcodeColumns));
      }
      for (let y = Math.round(row * cellHeight); y < Math.round((row + 1) * cellHeight); y++) {
        this.#picture.set(line, y * width);
      }
    }
  }
}

/** Waves with grain, periodic over half its width: enough detail for an encoder, the same on every run. */
function makeTexture(width: number, height: number): Uint8Array {
  const texture = new Uint8Array(width * height);
  const period = width / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const angle = ((x % period) * 2 * Math.PI) / period;
      const wave = Math.sin(angle) + Math.sin(y / 23) + Math.sin(2 * angle + y / 41);
      // Coarse grain below, where the picture jumps; a clean picture above, so that keyframes are not absurdly large.
      const shift = y > height * 0.85 ? 26 : 30;
      const grain = Math.imul((x % period) * 7919 + y * 104_729, 2_654_435_761) >>> shift;
      texture[y * width + x] = 126 + wave * 24 + grain;
    }
  }
  return texture;
}

async function openTone(toneHz: number): Promise<{ track: MediaStreamTrack; context: AudioContext }> {
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const destination = context.createMediaStreamDestination();
  const gain = new GainNode(context, { gain: 0.25 });
  const tone = new OscillatorNode(context, { frequency: toneHz });
  tone.connect(gain).connect(destination);
  tone.start();
  const [track] = destination.stream.getAudioTracks();
  if (!track) throw new Error('the audio context made no track');
  return { track, context };
}
