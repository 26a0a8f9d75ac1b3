import { askSession, type Endpoint } from '../shared/signalling.ts';
import { readLayers, type ToldLayer } from '../shared/viewer-events.ts';
import { automatic, layerOptions, limitWords, type QualityView, type LayerOption } from './quality.ts';

/** The layer resource of a WHEP session (WHEP core extensions): what there is to choose from, and choosing. */
export class SessionLayers {
  readonly #resource: Endpoint;
  readonly #hasSound: boolean;
  #layers: readonly ToldLayer[] = [];
  #maxHeight: number | undefined;
  #chosen = automatic;

  constructor(resource: Endpoint, hasSound: boolean) {
    this.#resource = resource;
    this.#hasSound = hasSound;
  }

  /** Asks for what there is, and for what the token allows: before anything was chosen, a limit can only be the token's. */
  async load(signal: AbortSignal): Promise<void> {
    const response = await askSession(this.#resource, { signal });
    const told = (await response.json()) as { readonly wish?: { readonly maxHeight?: number } };
    this.#maxHeight = told.wish?.maxHeight;
    this.hear(readLayers(told));
  }

  /** Takes news of the layers over. */
  hear(layers: readonly ToldLayer[]): void {
    this.#layers = layers;
  }

  get view(): QualityView {
    return { options: this.#options, chosen: this.#chosen, limit: limitWords(this.#maxHeight) };
  }

  /** Chooses; an option that is not there leaves things as they are. Throws SignallingError. */
  async choose(id: string, signal: AbortSignal): Promise<void> {
    const option = this.#options.find((one) => one.id === id);
    if (option === undefined) return;
    await askSession(this.#resource, { method: 'POST', json: option.body, signal });
    this.#chosen = id;
  }

  get #options(): readonly LayerOption[] {
    return layerOptions(this.#layers, { maxHeight: this.#maxHeight, hasSound: this.#hasSound });
  }
}
