import type { AudioReport } from '../rig-types.ts';

const sampleRateHz = 48_000;
const takeMs = 700;
const silence = 0.005;

/**
 * Listens without an audio device: where there is none, Firefox's AudioContext never runs, but its recorder does, and a
 * recording is decoded without a device too.
 */
export class RecordedEar {
  readonly #source: MediaStream;
  #running = true;
  #taken = 0;
  #audible = 0;
  #level = 0;
  #peakHz = 0;
  #trouble = '';

  /** The tracks of `source` may come and go: those of a captured element change at every seek. */
  constructor(source: MediaStream) {
    this.#source = source;
    void this.#listen();
  }

  get report(): AudioReport {
    return {
      level: this.#level,
      peakHz: this.#peakHz,
      audibleShare: this.#taken === 0 ? 0 : this.#audible / this.#taken,
      listener: this.#trouble === '' ? 'recorder' : this.#trouble,
    };
  }

  stop(): Promise<void> {
    this.#running = false;
    return Promise.resolve();
  }

  async #listen(): Promise<void> {
    while (this.#running) {
      try {
        const live = this.#source.getAudioTracks().filter(({ readyState }) => readyState === 'live');
        this.#judge(await decode(await record(new MediaStream(live))));
        this.#trouble = '';
      } catch (error) {
        // The next take may succeed; a test that waits in vain shows the last trouble.
        this.#trouble = String(error);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  #judge(samples: Float32Array): void {
    // The beginning may be the recorder's or the decoder's own.
    const heard = samples.subarray(samples.length >> 1);
    let sum = 0;
    let crossings = 0;
    for (const [index, sample] of heard.entries()) {
      sum += sample * sample;
      if (sample < 0 !== (heard[index - 1] ?? sample) < 0) crossings++;
    }
    this.#taken++;
    this.#level = Math.sqrt(sum / Math.max(1, heard.length));
    if (this.#level <= silence) return;
    this.#audible++;
    // A pure tone crosses zero twice a period.
    this.#peakHz = (crossings * sampleRateHz) / (2 * heard.length);
  }
}

function record(stream: MediaStream): Promise<Blob> {
  const recorder = new MediaRecorder(stream);
  const { promise, resolve, reject } = Promise.withResolvers<Blob>();
  recorder.addEventListener('dataavailable', ({ data }) => resolve(data), { once: true });
  recorder.addEventListener('error', () => reject(new Error('the recorder failed')), { once: true });
  recorder.start();
  setTimeout(() => {
    if (recorder.state === 'recording') recorder.stop();
  }, takeMs);
  return promise;
}

async function decode(recording: Blob): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, sampleRateHz, sampleRateHz);
  const buffer = await context.decodeAudioData(await recording.arrayBuffer());
  return buffer.getChannelData(0);
}
