import { byId, setText } from '../shared/dom.ts';
import type { PageToken } from '../shared/page-token.ts';

const timeoutMs = 6_000;

/** Says who gets into this gateway, and lets an operator put the key away. */
export class AccessBadge {
  readonly #key: PageToken;
  readonly #badge = byId('access', HTMLElement);
  readonly #forget = byId('forget-key', HTMLButtonElement);
  #isKnown = false;

  constructor(key: PageToken) {
    this.#key = key;
    this.#forget.addEventListener('click', () => {
      key.value = undefined;
      location.reload();
    });
  }

  /** Numbers came. With a key that tells nothing about the doors, so they are tried once without. */
  admitted(): void {
    this.#forget.hidden = this.#key.value === undefined;
    if (this.#isKnown) return;
    this.#isKnown = true;
    if (this.#key.value === undefined) this.#show(true);
    else void this.#tryDoors();
  }

  /** The gateway asked for a key, or for another one. */
  refused(): void {
    this.#isKnown = true;
    this.#forget.hidden = this.#key.value === undefined;
    this.#show(false);
  }

  async #tryDoors(): Promise<void> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch('/api/streams', { method: 'HEAD', cache: 'no-store', signal });
      if (response.ok || response.status === 401) this.#show(response.ok);
    } catch {
      // Not to be known now; the next snapshot tries again.
      this.#isKnown = false;
    }
  }

  #show(isOpen: boolean): void {
    this.#badge.hidden = false;
    this.#badge.className = isOpen ? 'badge warn' : 'badge good';
    setText(this.#badge, isOpen ? 'Open to everybody' : 'Keys and tokens');
    this.#badge.title = isOpen
      ? 'Whoever reaches this gateway may publish, watch and see this page.'
      : 'This gateway asks who publishes and operates for a key or token.';
  }
}
