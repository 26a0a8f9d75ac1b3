/** A token, or where to get one: asked again when the one before runs out. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

/** Renewed this long before its end: a request takes a moment, and clocks differ. */
const marginMs = 20_000;

/** Keeps a token for as long as it is good, and gets the next one from its source. */
export class TokenHolder {
  readonly #source: TokenSource | undefined;
  readonly #nowMs: () => number;
  #token: Promise<string | undefined> | undefined;
  #untilMs = Infinity;

  constructor(source: TokenSource | undefined, nowMs: () => number = Date.now) {
    this.#source = source;
    this.#nowMs = nowMs;
  }

  /** A token that is good now as far as one can tell; undefined where none is needed. */
  get(): Promise<string | undefined> {
    if (typeof this.#source !== 'function') return Promise.resolve(this.#source);
    if (this.#token === undefined || this.#nowMs() > this.#untilMs) this.#token = this.#ask(this.#source);
    return this.#token;
  }

  /** The token was refused: the next {@link get} asks the source. */
  forget(): void {
    this.#token = undefined;
  }

  async #ask(source: Exclude<TokenSource, string>): Promise<string | undefined> {
    this.#untilMs = Infinity;
    try {
      const token = await source();
      const endMs = expiryMs(token);
      if (endMs !== undefined) this.#untilMs = endMs - marginMs;
      return token;
    } catch (error) {
      this.forget();
      throw error;
    }
  }
}

/** When a token (JWT) ends; undefined for a key, which does not, and for none. */
export function expiryMs(token: string | undefined): number | undefined {
  const payload = token?.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    const json = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const { exp } = JSON.parse(json) as { readonly exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : undefined;
  } catch {
    // A key with a dot in it looks like a token from afar; it has no end.
    return undefined;
  }
}

/** The token of a page's address, `#token=…`: browsers keep what is behind `#` to themselves. */
export function tokenInHash(hash: string): string | undefined {
  const token = new URLSearchParams(hash.replace(/^#/, '')).get('token');
  return token === null || token === '' ? undefined : token;
}

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
