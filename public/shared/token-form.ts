import { el } from './dom.ts';

/** What a {@link TokenForm} says and does. */
export interface TokenFormOptions {
  /** Id of the field, for its label. */
  readonly id: string;
  readonly label: string;
  readonly button: string;
  readonly note?: string;
  /** Takes what was typed. */
  readonly submit: (token: string) => void;
}

/** A small form for a key or token, to be shown where the gateway asks for one. The words above it say why. */
export class TokenForm {
  readonly element: HTMLFormElement;
  readonly #field: HTMLInputElement;
  #tried = false;

  constructor({ id, label, button, note, submit }: TokenFormOptions) {
    this.#field = el('input', {
      type: 'password',
      id,
      autocomplete: 'off',
      spellcheck: 'false',
      required: true,
      maxlength: 8192,
    });
    this.element = el(
      'form',
      { class: 'token-form', hidden: true },
      el('label', { for: id }, label),
      el(
        'div',
        { class: 'copy' },
        this.#field,
        el('button', { class: 'button primary', type: 'submit' }, button),
      ),
      ...(note === undefined ? [] : [el('p', { class: 'note' }, note)]),
    );
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = this.#field.value.trim();
      if (token === '') return;
      this.#field.value = '';
      this.#tried = true;
      this.hide();
      submit(token);
    });
  }

  /** Asks. Whoever just tried goes on typing at once; nobody else loses the focus. */
  show(): void {
    if (!this.element.hidden) return;
    this.element.hidden = false;
    this.#field.setAttribute('aria-invalid', String(this.#tried));
    if (this.#tried) this.#field.focus();
  }

  hide(): void {
    this.element.hidden = true;
  }
}
