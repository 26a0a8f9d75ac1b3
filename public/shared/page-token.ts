import { tokenInHash, type TokenPurpose } from './token.ts';

/** What another page of this tab was given, e.g. the operator's key of the dashboard; undefined for nothing. */
export function rememberedToken(purpose: TokenPurpose, stream = ''): string | undefined {
  return sessionStorage.getItem(storageKey(purpose, stream)) ?? undefined;
}

function storageKey(purpose: TokenPurpose, stream: string): string {
  return ['frontrow-token', purpose, ...(stream === '' ? [] : [stream])].join(':');
}

/**
 * A page's token: from its address, from where it is taken away at once, or as it was typed or found before in this tab.
 * Tokens to watch and to publish are remembered for their stream alone.
 */
export class PageToken {
  readonly #purpose: TokenPurpose;
  #stream: string;
  #listener: ((token: string) => void) | undefined;

  constructor(purpose: TokenPurpose, stream = '') {
    this.#purpose = purpose;
    this.#stream = stream;
    this.#takeFromAddress();
    // Another link to the same page, opened in this tab, changes nothing but what is behind the #.
    addEventListener('hashchange', () => {
      const token = this.#takeFromAddress();
      if (token !== undefined) this.#listener?.(token);
    });
  }

  /** Another stream's token from now on. */
  set stream(stream: string) {
    this.#stream = stream;
  }

  get value(): string | undefined {
    return rememberedToken(this.#purpose, this.#stream);
  }

  set value(token: string | undefined) {
    if (token === undefined || token === '') sessionStorage.removeItem(this.#key);
    else sessionStorage.setItem(this.#key, token);
  }

  /** Told when another link brought another token. */
  onArrival(listener: (token: string) => void): void {
    this.#listener = listener;
  }

  get #key(): string {
    return storageKey(this.#purpose, this.#stream);
  }

  #takeFromAddress(): string | undefined {
    const found = tokenInHash(location.hash);
    if (found === undefined) return undefined;
    this.value = found;
    // It need not be seen in the address bar, on a shared screen or in a bookmark.
    history.replaceState(history.state, '', location.pathname + location.search);
    return found;
  }
}
