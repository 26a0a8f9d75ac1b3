import type { TokenPurpose } from './token.ts';
import { type RefusalFacts, type Trouble, withSaid } from './trouble.ts';

/** Whether a refusal asks for a token or for another one (RFC 6750 section 3.1). */
export function asksForToken(error: { readonly status: number | undefined } | undefined): boolean {
  return error?.status === 401 || error?.status === 403;
}

const givers: Readonly<Record<TokenPurpose, string>> = {
  watch: 'Ask whoever invited you for a new link, or type a token in.',
  publish: 'Type in the stream key or token that whoever runs the gateway gave you.',
  operate: 'Type in an operator’s key, or a token to operate.',
};
const doings: Readonly<Record<TokenPurpose, string>> = {
  watch: 'watch this stream',
  publish: 'publish here',
  operate: 'see this page',
};

/** Why a token was refused and what to do, in plain words, with the gateway's own beside them. */
export function accessTrouble(facts: RefusalFacts, purpose: TokenPurpose): Trouble {
  return withSaid({ what: whatOf(facts.code, purpose), remedy: remedyOf(facts.code, purpose) }, facts);
}

function whatOf(code: string, purpose: TokenPurpose): string {
  switch (code) {
    case 'token-missing':
      return purpose === 'publish'
        ? 'This gateway asks for a stream key.'
        : `You need a ${purpose === 'operate' ? 'key' : 'token'} to ${doings[purpose]}.`;
    case 'token-expired':
      return 'Your token has expired.';
    case 'token-revoked':
      return 'Your token was taken back.';
    case 'token-invalid':
      return 'The gateway does not know this key or token.';
    case 'tier-not-granted':
    case 'not-granted':
      return 'Your token does not open this way of watching.';
    case 'not-allowed':
      return purpose === 'operate'
        ? 'This key or token is not an operator’s.'
        : `This key or token does not let you ${doings[purpose]}.`;
    default:
      return `You may not ${doings[purpose]}.`;
  }
}

function remedyOf(code: string, purpose: TokenPurpose): string {
  switch (code) {
    case 'token-missing':
      return purpose === 'watch'
        ? 'Open the link that you were given, or type your token in.'
        : givers[purpose];
    case 'token-invalid':
      return `Look for a missing character or a blank. ${givers[purpose]}`;
    case 'not-allowed':
      return purpose === 'operate'
        ? givers[purpose]
        : `It is good for another stream, or for something else. ${givers[purpose]}`;
    case 'tier-not-granted':
    case 'not-granted':
      return 'Stay in the other one, or ask whoever invited you for another link.';
    default:
      return givers[purpose];
  }
}
