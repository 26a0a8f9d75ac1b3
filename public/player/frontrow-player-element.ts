import type { Tier } from '../shared/api-types.ts';
import { el, setText } from '../shared/dom.ts';
import type { TokenSource } from '../shared/token.ts';
import { FrontrowPlayer } from './frontrow-player.ts';
import { PlayerOverlay } from './overlay.ts';
import { captionsWords, QualityMenu, soundsWords } from './quality-menu.ts';

const styleSheets = ['../shared/style.css', './player.css'] as const;
const tiers: readonly Tier[] = ['interactive', 'broadcast'];

/**
 * The player with everything around it, for pages of others:
 *
 *     <script type="module" src="https://gateway.example/assets/player/frontrow-player-element.ts"></script>
 *     <frontrow-player stream="lecture" controls></frontrow-player>
 *
 * Attributes: `stream`; `server` (default: where this file came from); `want` (`interactive` or `broadcast`); `muted`;
 * `controls` for the buttons below the picture; `token`. Where tokens run out, set the property `tokenProvider` to a function
 * that gives a fresh one, or a promise of it. Without either, a form asks for a token where the gateway does. The event
 * `change` has the player's view as its `detail`, and `frontrow:daterange` a date range of the stream that what plays has come
 * to; `player` is the {@link FrontrowPlayer} itself.
 */
export class FrontrowPlayerElement extends HTMLElement {
  static readonly observedAttributes = ['stream', 'server', 'want', 'token', 'controls'];
  readonly #stage = el('div', { class: 'stage' });
  readonly #controls = el('div', { class: 'row controls', role: 'group', 'aria-label': 'Player' });
  #provider: Exclude<TokenSource, string> | undefined;
  #player: FrontrowPlayer | undefined;
  #running: AbortController | undefined;

  constructor() {
    super();
    const sheets = styleSheets.map((href) =>
      el('link', { rel: 'stylesheet', href: new URL(href, import.meta.url).href }),
    );
    this.attachShadow({ mode: 'open' }).append(...sheets, this.#stage, this.#controls);
    // A page that was faster than this file set a plain property, which would hide the one of this class.
    const early = Object.getOwnPropertyDescriptor(this, 'tokenProvider')?.value as
      Exclude<TokenSource, string> | undefined;
    if (early === undefined) return;
    Reflect.deleteProperty(this, 'tokenProvider');
    this.#provider = early;
  }

  /** The player; undefined while the element is not in a page or has no stream. */
  get player(): FrontrowPlayer | undefined {
    return this.#player;
  }

  /** Gives a token whenever one is needed. */
  get tokenProvider(): Exclude<TokenSource, string> | undefined {
    return this.#provider;
  }

  set tokenProvider(provider: Exclude<TokenSource, string> | undefined) {
    this.#provider = provider;
    if (provider !== undefined) this.#player?.setToken(provider);
  }

  connectedCallback(): void {
    this.#start();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now || this.#player === undefined) return;
    if (name === 'controls') this.#controls.hidden = now === null;
    else if (name === 'token') this.#player.setToken(now ?? '');
    else {
      this.#stop();
      this.#start();
    }
  }

  #start(): void {
    const stream = this.getAttribute('stream') ?? '';
    if (this.#player !== undefined || !this.isConnected || stream === '') return;
    const server = this.getAttribute('server');
    const want = tiers.find((tier) => tier === this.getAttribute('want'));
    const token = this.#provider ?? this.getAttribute('token');
    const player = new FrontrowPlayer(this.#stage, {
      stream,
      muted: this.hasAttribute('muted'),
      ...(server === null ? {} : { server }),
      ...(want === undefined ? {} : { want }),
      ...(token === null ? {} : { token }),
    });
    this.#player = player;
    this.#running = new AbortController();
    const overlay = new PlayerOverlay(this.#stage, { player, stream, typed: () => undefined });
    this.#running.signal.addEventListener('abort', () => overlay.remove());
    this.#fillControls(player, this.#running.signal);
    player.events.on('change', (view) => this.dispatchEvent(new CustomEvent('change', { detail: view })));
    player.start();
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    void this.#player?.stop();
    this.#player = undefined;
  }

  #fillControls(player: FrontrowPlayer, signal: AbortSignal): void {
    const mute = el('button', { class: 'button small', type: 'button' });
    const full = el('button', { class: 'button small', type: 'button' });
    const quality = new QualityMenu((id) => void player.chooseQuality(id));
    const captions = new QualityMenu((id) => player.chooseCaptions(id), captionsWords);
    const sounds = new QualityMenu((id) => player.chooseSound(id), soundsWords);
    const show = (): void => {
      setText(mute, player.muted ? 'Unmute' : 'Mute');
      setText(full, document.fullscreenElement === this ? 'Leave full screen' : 'Full screen');
      quality.show(player.view.quality, player.video.videoHeight);
      captions.show(player.view.captions, 0);
      sounds.show(player.view.sounds, 0);
    };
    mute.addEventListener('click', () => void player.setMuted(!player.muted).then(show));
    full.addEventListener('click', () => {
      void (document.fullscreenElement === this ? document.exitFullscreen() : this.requestFullscreen());
    });
    document.addEventListener('fullscreenchange', show, { signal });
    player.events.on('change', show);
    const timer = setInterval(show, 1_000);
    signal.addEventListener('abort', () => clearInterval(timer));
    this.#controls.hidden = !this.hasAttribute('controls');
    this.#controls.replaceChildren(mute, quality.element, sounds.element, captions.element, full);
    show();
  }
}

customElements.define('frontrow-player', FrontrowPlayerElement);
