import type { IceCredentials } from '#src/core/plane.ts';
import { randomIceChars, randomText } from '#src/core/random.ts';
import { badSdpFragment, staleEtag } from './failures.ts';
import { readSdpFragment } from './sdp-fragment.ts';

/** Older ufrags that are still recognised; a client that is further behind starts over. */
const maxOldUfrags = 16;

/** Fresh credentials: 48 and 144 random bits, more than RFC 8445 section 5.3 asks for, because one port serves everybody. */
export function newIceCredentials(): IceCredentials {
  return { ufrag: randomIceChars(8), password: randomIceChars(24) };
}

/** What a fragment asks for. */
export type FragmentWish =
  { readonly did: 'trickle' } | { readonly did: 'restart'; readonly remote: IceCredentials };

/** The ICE session of one peer over its restarts: who the other side is, and the entity tag that names it (RFC 9725 4.3.3). */
export class IceSession {
  #remote: IceCredentials;
  #etag = newEtag();
  readonly #oldUfrags: string[] = [];

  constructor(remote: IceCredentials) {
    this.#remote = remote;
  }

  /** Strong entity tag, quotes included. */
  get etag(): string {
    return this.#etag;
  }

  /**
   * Judges a fragment and its If-Match, leniently because real clients are: a missing tag, `*` and `"*"` are always good,
   * the current tag too. An older tag, or a ufrag from before the last restart, is stale. Nothing changes before `restart`.
   */
  judge(text: string, ifMatch: string | undefined): FragmentWish {
    const { ufrag, password } = readSdpFragment(text);
    if (!this.#matches(ifMatch)) throw staleEtag();
    const same = ufrag === undefined || ufrag === this.#remote.ufrag;
    if (same && (password === undefined || password === this.#remote.password)) return { did: 'trickle' };
    if (ufrag === undefined || password === undefined)
      throw badSdpFragment('names only one of a=ice-ufrag and a=ice-pwd; a restart needs both');
    if (this.#oldUfrags.includes(ufrag)) throw staleEtag();
    return { did: 'restart', remote: { ufrag, password } };
  }

  /** Begins the next ICE session; gives its entity tag. */
  restart(remote: IceCredentials): string {
    this.#oldUfrags.push(this.#remote.ufrag);
    if (this.#oldUfrags.length > maxOldUfrags) this.#oldUfrags.shift();
    this.#remote = remote;
    this.#etag = newEtag();
    return this.#etag;
  }

  #matches(ifMatch: string | undefined): boolean {
    if (ifMatch === undefined || ifMatch.trim() === '') return true;
    return ifMatch.split(',').some((part) => {
      const tag = part.trim().replace(/^W\//, '');
      return tag === '*' || tag === '"*"' || tag === this.#etag || `"${tag}"` === this.#etag;
    });
  }
}

function newEtag(): string {
  return `"${randomText(22)}"`;
}
