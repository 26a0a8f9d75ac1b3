import { el, setText } from '../shared/dom.ts';
import { automatic, type QualityOption, type QualityView } from './quality.ts';

/** What a menu is called: as a whole, and on its button, where small screens may do without. */
export interface MenuWords {
  readonly label: string;
  readonly word: string;
  readonly wordClass: string;
}

const qualityWords: MenuWords = { label: 'Quality', word: 'Quality:', wordClass: 'menu-word' };
/** "Off" alone would say nothing, so its word is short and stays. */
export const captionsWords: MenuWords = { label: 'Captions', word: 'CC:', wordClass: 'menu-sign' };
export const soundsWords: MenuWords = { label: 'Sound', word: 'Sound:', wordClass: 'menu-word' };

/** A button that opens a menu of qualities, captions or sounds; by mouse, touch and keyboard (WAI-ARIA menu button with radio items). */
export class QualityMenu {
  readonly element: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #menu: HTMLElement;
  readonly #items: HTMLElement;
  readonly #now = el('span');
  readonly #limit = el('p', { class: 'menu-note', role: 'presentation' });
  readonly #choose: (id: string) => void;
  #shown = '';

  constructor(choose: (id: string) => void, { label, word, wordClass }: MenuWords = qualityWords) {
    this.#choose = choose;
    this.#button = el('button', {
      class: 'button small',
      type: 'button',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      title: label,
    });
    this.#button.append(el('span', { class: wordClass }, word), this.#now);
    this.#items = el('div', { role: 'presentation' });
    this.#menu = el(
      'div',
      { class: 'menu', role: 'menu', 'aria-label': label, hidden: true },
      this.#items,
      this.#limit,
    );
    this.element = el('div', { class: 'quality', hidden: true }, this.#button, this.#menu);
    this.#button.addEventListener('click', () => this.#toggle(this.#menu.hidden !== false));
    this.#button.addEventListener('keydown', (event) => this.#openByKey(event));
    this.#menu.addEventListener('keydown', (event) => this.#walk(event));
    // Focus that goes elsewhere, by a click or by Tab, closes the menu.
    this.element.addEventListener('focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.element.contains(relatedTarget)))
        this.#toggle(false, false);
    });
  }

  /** Shows what there is; `heightPx` is that of the picture on the screen, 0 for none. */
  show(quality: QualityView | undefined, heightPx: number): void {
    this.element.hidden = quality === undefined;
    if (quality === undefined) {
      this.#toggle(false, false);
      return;
    }
    const chosen = quality.options.find(({ id }) => id === quality.chosen);
    const now = quality.chosen === automatic && heightPx > 0 ? ` · ${heightPx}p` : '';
    const label = `${chosen?.label ?? 'Auto'}${now}`;
    setText(this.#now, label);
    const words = JSON.stringify(quality);
    if (words === this.#shown) return;
    this.#shown = words;
    this.#limit.hidden = quality.limit === '';
    setText(this.#limit, quality.limit);
    this.#fill(quality);
  }

  /** Rates change while somebody is choosing, so items are kept and only their words change. */
  #fill({ options, chosen }: QualityView): void {
    const ids = options.map(({ id }) => id).join();
    if (this.#items.dataset['ids'] !== ids) {
      this.#items.dataset['ids'] = ids;
      this.#items.replaceChildren(...options.map((option) => this.#item(option)));
    }
    options.forEach(({ id, label, detail }, index) => {
      const item = this.#items.children[index];
      item?.setAttribute('aria-checked', String(id === chosen));
      const [name, words] = item?.children ?? [];
      if (name !== undefined) setText(name, label);
      if (words !== undefined) setText(words, detail);
    });
  }

  #item({ id }: QualityOption): HTMLElement {
    const item = el(
      'button',
      { type: 'button', role: 'menuitemradio', tabindex: -1 },
      el('span'),
      el('small'),
    );
    item.addEventListener('click', () => {
      this.#toggle(false);
      this.#choose(id);
    });
    return item;
  }

  #toggle(open: boolean, withFocus = true): void {
    if ((this.#menu.hidden === false) === open) return;
    this.#menu.hidden = !open;
    this.#button.setAttribute('aria-expanded', String(open));
    if (!withFocus) return;
    const checked = this.#items.querySelector<HTMLElement>('[aria-checked=true]');
    if (open) (checked ?? this.#buttons[0])?.focus();
    else this.#button.focus();
  }

  #openByKey(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    this.#toggle(true);
  }

  #walk(event: KeyboardEvent): void {
    const items = this.#buttons;
    const at = items.findIndex((item) => item.contains(event.target as Node));
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const target = targets[event.key];
    if (event.key === 'Escape') this.#toggle(false);
    else if (target !== undefined) items[target]?.focus();
    else return;
    event.preventDefault();
    // Escape must not leave full screen, and arrows must not scroll the page behind.
    event.stopPropagation();
  }

  get #buttons(): readonly HTMLElement[] {
    return [...this.#items.querySelectorAll<HTMLElement>('button')];
  }
}
