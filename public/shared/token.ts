/** What a token is for; a page remembers each kind apart. */
export type TokenPurpose = 'watch' | 'publish' | 'operate';

/** A token, or where to get one: asked again when the one before runs out. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>);

/** Renewed this long before its end: a request takes a moment, and clocks differ. */
const marginMs = 20_000;

/** Keeps a token for as long as it is good, and gets the next one from its source. */
export class TokenHolder {
  #source: TokenSource | undefined;
  readonly #nowMs: () => number;
  #token: Promise<string | undefined> | undefined;
  #untilMs = Infinity;

  constructor(source: TokenSource | undefined, nowMs: () => number = Date.now) {
    this.#source = source;
    this.#nowMs = nowMs;
  }

  /** Takes another source, or a token that somebody typed. */
  set source(source: TokenSource | undefined) {
    this.#source = source;
    this.forget();
  }

  /** Whether there is more than one token to be had. */
  get renews(): boolean {
    return typeof this.#source === 'function';
  }

  /** A token that is good now as far as one can tell; undefined where none is needed. */
  get(): Promise<string | undefined> {
    // An empty one is none.
    if (typeof this.#source !== 'function') return Promise.resolve(this.#source || undefined);
    if (this.#token === undefined || this.#nowMs() > this.#untilMs) this.#renew(this.#source);
    return this.#token ?? Promise.resolve(undefined);
  }

  /** The token was refused: the next {@link get} asks the source. */
  forget(): void {
    this.#token = undefined;
  }

  #renew(source: Exclude<TokenSource, string>): void {
    this.#untilMs = Infinity;
    const asked = this.#ask(source);
    this.#token = asked;
    // Who waits hears of it; the next one asks again.
    asked.catch(() => {
      if (this.#token === asked) this.forget();
    });
  }

  async #ask(source: Exclude<TokenSource, string>): Promise<string | undefined> {
    const token = await source();
    const endMs = expiryMs(token);
    if (endMs !== undefined) this.#untilMs = endMs - marginMs;
    return token;
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
