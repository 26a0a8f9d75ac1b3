import type { AudioReport } from '../rig-types.ts';

const silence = 0.005;

/** Listens to a stream or media element and says how loud it is and at which pitch. */
export class AudioMeter {
  readonly #context = new AudioContext({ sampleRate: 48_000 });
  readonly #analyser = new AnalyserNode(this.#context, { fftSize: 2048 });
  readonly #samples = new Float32Array(2048);
  readonly #spectrum = new Float32Array(1024);
  readonly #timer: ReturnType<typeof setInterval>;
  #audible = 0;
  #taken = 0;

  constructor(source: MediaStream | HTMLMediaElement) {
    const node =
      source instanceof MediaStream
        ? this.#context.createMediaStreamSource(source)
        : this.#context.createMediaElementSource(source);
    node.connect(this.#analyser).connect(this.#context.destination);
    this.#timer = setInterval(() => {
      this.#taken++;
      if (this.#level() > silence) this.#audible++;
    }, 100);
  }

  get report(): AudioReport {
    this.#analyser.getFloatFrequencyData(this.#spectrum);
    const loudest = this.#spectrum.indexOf(Math.max(...this.#spectrum));
    const level = this.#level();
    return {
      level,
      peakHz: level > silence ? (loudest * this.#context.sampleRate) / this.#analyser.fftSize : 0,
      audibleShare: this.#taken === 0 ? 0 : this.#audible / this.#taken,
    };
  }

  reset(): void {
    this.#audible = 0;
    this.#taken = 0;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#context.close();
  }

  #level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }
}
