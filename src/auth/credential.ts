/**
 * What a grant came from, as its `credential` names it: nothing (open doors), this process itself, a stream or operate key, a
 * signed token, or the webhook's word. Names survive as text so that a session may keep its grant as plain data.
 */
export type Credential =
  | { readonly kind: 'open' }
  | { readonly kind: 'own' }
  | { readonly kind: 'key'; readonly name: string; readonly print: string }
  | {
      readonly kind: 'token';
      readonly kid: string;
      readonly keyPrint: string;
      readonly jti: string;
      readonly print: string;
    }
  | { readonly kind: 'hook'; readonly print: string };

/** The name of a credential; the same credential has the same name. */
export function credentialName(credential: Credential): string {
  switch (credential.kind) {
    case 'open':
    case 'own':
      return credential.kind;
    case 'key':
      return ['key', credential.name, credential.print].map(encodeURIComponent).join(':');
    case 'token':
      return ['token', credential.kid, credential.keyPrint, credential.jti, credential.print]
        .map(encodeURIComponent)
        .join(':');
    case 'hook':
      return `hook:${credential.print}`;
  }
}

/** The credential that a name is of; what nobody here named is open doors' and gets nothing where doors are closed. */
export function readCredential(text: string): Credential {
  const [kind, first = '', second = '', third = '', fourth = ''] = text.split(':').map(decodeURIComponent);
  switch (kind) {
    case 'own':
      return { kind };
    case 'key':
      return { kind, name: first, print: second };
    case 'token':
      return { kind, kid: first, keyPrint: second, jti: third, print: fourth };
    case 'hook':
      return { kind, print: first };
    case undefined:
    default:
      return { kind: 'open' };
  }
}
