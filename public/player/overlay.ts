import { el, setText } from '../shared/dom.ts';
import { showSaid } from '../shared/said-line.ts';
import { TokenForm } from '../shared/token-form.ts';
import { curtainWords } from './curtain-words.ts';
import type { FrontrowPlayer } from './frontrow-player.ts';
import type { PlayerView } from './player-view.ts';

/**
 * What lies over the picture: a curtain with words while nothing plays, the form for a token where the gateway asks for one,
 * and the button for sound that the browser held back.
 */
export class PlayerOverlay {
  readonly #stream: string;
  readonly #title = el('p', { class: 'curtain-title', id: 'curtain-title' });
  readonly #text = el('p', { id: 'curtain-text' });
  readonly #said = el('p', { class: 'said', hidden: true });
  readonly #curtain: HTMLElement;
  readonly #form: TokenForm;
  readonly #unmute = el('button', {
    class: 'button primary unmute',
    id: 'unmute',
    type: 'button',
    hidden: true,
  });

  /** `typed` hears of each token that somebody types in. */
  constructor(
    stage: HTMLElement,
    {
      player,
      stream,
      typed,
    }: {
      readonly player: FrontrowPlayer;
      readonly stream: string;
      readonly typed: (token: string) => void;
    },
  ) {
    this.#stream = stream;
    const submit = (token: string): void => {
      typed(token);
      player.setToken(token);
    };
    this.#form = new TokenForm({ id: 'watch-token', label: 'Token', button: 'Watch', submit });
    const words = el('div', { class: 'curtain-words' });
    words.append(el('div', { role: 'status' }, this.#title, this.#text, this.#said), this.#form.element);
    this.#curtain = el('div', { class: 'curtain', id: 'curtain' }, words);
    setText(this.#unmute, 'Turn the sound on');
    this.#unmute.addEventListener('click', () => void player.setMuted(false));
    stage.append(this.#curtain, this.#unmute);
    player.events.on('change', (view) => this.#show(view));
    this.#show(player.view);
  }

  /** Takes it off the picture. */
  remove(): void {
    this.#curtain.remove();
    this.#unmute.remove();
  }

  #show(view: PlayerView): void {
    const words = curtainWords(view, this.#stream);
    this.#curtain.hidden = words.cover === 'none';
    this.#curtain.classList.toggle('thin', words.cover === 'thin');
    setText(this.#title, words.title);
    setText(this.#text, words.text);
    showSaid(this.#said, view.state === 'failed' ? view.problem?.said : undefined);
    if (view.refused === undefined) this.#form.hide();
    else this.#form.show();
    this.#unmute.hidden = !view.soundBlocked || view.state !== 'playing';
  }
}
