import { tokenInHash } from './token.ts';

/** What a page's token is for; each kind is remembered apart. */
export type TokenPurpose = 'watch' | 'publish' | 'operate';

/** A page's token: from its address, from where it is then taken away, or as it was typed or found before in this tab. */
export class PageToken {
  readonly #key: string;

  constructor(purpose: TokenPurpose) {
    this.#key = `frontrow-token-${purpose}`;
    const found = tokenInHash(location.hash);
    if (found === undefined) return;
    this.value = found;
    // It need not be seen in the address bar, on a shared screen or in a bookmark.
    history.replaceState(history.state, '', location.pathname + location.search);
  }

  get value(): string | undefined {
    return sessionStorage.getItem(this.#key) ?? undefined;
  }

  set value(token: string | undefined) {
    if (token === undefined || token === '') sessionStorage.removeItem(this.#key);
    else sessionStorage.setItem(this.#key, token);
  }
}
