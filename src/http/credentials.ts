import type { IncomingMessage } from 'node:http';
import { Failure } from '#src/core/failure.ts';

/**
 * The token of a request (RFC 6750 section 2.1); undefined without one. Clients in the field send it raw, without the scheme,
 * or the words that their language has for "nothing".
 */
export function tokenOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const [, token] = /^(?:Bearer +)?(\S+)$/i.exec(headers.authorization?.trim() ?? '') ?? [];
  return token === undefined || nothing.test(token) ? undefined : token;
}

const nothing = /^(?:bearer|undefined|null)$/i;

/** Names under which clients put tokens into URLs. */
const queryNames = new Set([
  'token',
  'access_token',
  'accesstoken',
  'auth_token',
  'authorization',
  'bearer',
  'jwt',
]);

/** The refusal of a token in the query, where URLs end up in logs, histories and referrers (RFC 6750 section 2.3). */
export function tokenInQuery(url: string | undefined): Failure | undefined {
  const at = url?.indexOf('?') ?? -1;
  if (url === undefined || at < 0) return undefined;
  const names = [...new URLSearchParams(url.slice(at + 1)).keys()];
  const name = names.find((one) => queryNames.has(one.toLowerCase()));
  if (name === undefined) return undefined;
  return new Failure(
    'invalid',
    'token-in-query',
    `URLs are written into logs and histories: send the token as "Authorization: Bearer …", not as ?${name}=`,
  );
}

/** Value of WWW-Authenticate for a refusal (RFC 6750 section 3); undefined for refusals that have nothing to do with tokens. */
export function challengeFor({ kind, code, message }: Failure): string | undefined {
  if (kind === 'unauthorized' && code === 'token-missing') return realm; // section 3.1: no error code when there was no token
  if (kind === 'unauthorized')
    return `${realm}, error="invalid_token", error_description="${quoted(message)}"`;
  if (kind === 'forbidden' && scopeCodes.has(code)) return `${realm}, error="insufficient_scope"`;
  return code === 'token-in-query' ? `${realm}, error="invalid_request"` : undefined;
}

const realm = 'Bearer realm="frontrow"';
const scopeCodes = new Set(['not-allowed', 'tier-not-granted', 'webhook-refused', 'not-your-session']);

/** error_description knows neither quotes nor backslashes, nor anything outside ASCII. */
function quoted(text: string): string {
  return text.replaceAll(/[^ !#-[\]-~]/g, "'");
}
