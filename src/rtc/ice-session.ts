import type { IceCredentials } from '#src/core/plane.ts';
import { randomIceChars, randomText } from '#src/core/random.ts';
import type { IfMatchRule } from '#src/core/webrtc.ts';
import { badSdpFragment, ifMatchNeeded, staleEtag } from './failures.ts';
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
  #etag: string;
  readonly #oldUfrags: string[] = [];

  constructor(remote: IceCredentials, etag = newEtag()) {
    this.#remote = remote;
    this.#etag = etag;
  }

  /** Strong entity tag, quotes included. */
  get etag(): string {
    return this.#etag;
  }

  /**
   * Judges a fragment and its If-Match. An older tag, or a ufrag from before the last restart, is stale whatever the rule.
   * Nothing changes before `restart`.
   */
  judge(text: string, ifMatch: string | undefined, rule: IfMatchRule = 'lenient'): FragmentWish {
    const { ufrag, password } = readSdpFragment(text);
    const same = ufrag === undefined || ufrag === this.#remote.ufrag;
    const isTrickle = same && (password === undefined || password === this.#remote.password);
    if (rule === 'strict') this.#checkStrictly(ifMatch, isTrickle);
    else if (!this.#matches(ifMatch)) throw staleEtag();
    if (isTrickle) return { did: 'trickle' };
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

  /** Real clients send no tag, `*` where they mean the current one, and tags without quotes. */
  #matches(ifMatch: string | undefined): boolean {
    if (ifMatch === undefined || ifMatch.trim() === '') return true;
    return tagsOf(ifMatch).some((part) => {
      const tag = part.replace(/^W\//, '');
      return isAny(tag) || tag === this.#etag || `"${tag}"` === this.#etag;
    });
  }

  /** RFC 9725 sections 4.3.2 and 4.3.3, with the strong comparison that If-Match asks for (RFC 9110 section 13.1.1). */
  #checkStrictly(ifMatch: string | undefined, isTrickle: boolean): void {
    if (ifMatch === undefined || ifMatch.trim() === '') throw ifMatchNeeded();
    const tags = tagsOf(ifMatch);
    if (isTrickle ? !tags.includes(this.#etag) : !tags.some(isAny)) throw staleEtag();
  }
}

function tagsOf(ifMatch: string): readonly string[] {
  return ifMatch.split(',').map((part) => part.trim());
}

/** The RFC's own example prints the quoted form. */
function isAny(tag: string): boolean {
  return tag === '*' || tag === '"*"';
}

/** A strong entity tag that nobody can guess. */
export function newEtag(): string {
  return `"${randomText(22)}"`;
}
