const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Cryptographically random bytes with the text forms the rooms need. */
export function randomBytes(count: number): { readonly bytes: Uint8Array; toBase64Url(): string } {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return {
    bytes,
    toBase64Url: () =>
      btoa(String.fromCharCode(...bytes))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', ''),
  };
}

/** `count` random characters of 6 bits each from `A-Z a-z 0-9 - _`; for ICE use {@link randomIceChars}. */
export function randomText(count: number): string {
  return pick(alphabet, count);
}

/** `count` random ice-chars (RFC 8839 section 5.4: letters, digits, `+` and `/`). */
export function randomIceChars(count: number): string {
  return pick(`${alphabet.slice(0, 62)}+/`, count);
}

function pick(letters: string, count: number): string {
  let text = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(count))) text += letters.charAt(byte & 63);
  return text;
}

/** A random unsigned 32-bit number, for SSRCs. Never 0. */
export function randomUint32(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) || 1;
}
