import type { AudioReport } from '../rig-types.ts';

const silence = 0.005;

/** Listens to a stream or media element and says how loud it is and at which pitch. */
export class AudioMeter {
  readonly #context = new AudioContext({ sampleRate: 48_000 });
  readonly #analyser = new AnalyserNode(this.#context, { fftSize: 2048 });
  readonly #samples = new Float32Array(2048);
  readonly #spectrum = new Float32Array(1024);
  readonly #timer: ReturnType<typeof setInterval>;
  /** Held on to, like the stream in it: a source that nothing refers to may be collected, and then all is silent. */
  readonly #source: MediaStreamAudioSourceNode | MediaElementAudioSourceNode;
  #audible = 0;
  #taken = 0;
  /** Pitch when sound was last heard: a reading of this instant could fall into a hole that a busy machine made. */
  #peakHz = 0;

  constructor(source: MediaStream | HTMLMediaElement) {
    this.#source =
      source instanceof MediaStream
        ? this.#context.createMediaStreamSource(source)
        : this.#context.createMediaElementSource(source);
    // A context made while the machine is busy may begin suspended, although pages here may play sound.
    void this.#context.resume();
    this.#source.connect(this.#analyser).connect(this.#context.destination);
    this.#timer = setInterval(() => {
      this.#taken++;
      if (this.#level() <= silence) return;
      this.#audible++;
      this.#peakHz = this.#loudestHz();
    }, 100);
  }

  get report(): AudioReport {
    return {
      level: this.#level(),
      peakHz: this.#peakHz,
      audibleShare: this.#taken === 0 ? 0 : this.#audible / this.#taken,
      listener: this.#context.state,
    };
  }

  reset(): void {
    this.#audible = 0;
    this.#taken = 0;
    this.#peakHz = 0;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#source.disconnect();
    await this.#context.close();
  }

  #loudestHz(): number {
    this.#analyser.getFloatFrequencyData(this.#spectrum);
    const loudest = this.#spectrum.indexOf(Math.max(...this.#spectrum));
    return (loudest * this.#context.sampleRate) / this.#analyser.fftSize;
  }

  #level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }
}
