import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../offers/', import.meta.url);

/** Names of all recorded offers. */
export const offerNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.sdp'))
  .map((name) => name.replace('.sdp', ''));

/** The text of a recorded offer. */
export function offerText(name: string): string {
  return readFileSync(new URL(`${name}.sdp`, folder), 'utf8');
}

/** The lines of an SDP text that begin so, without that beginning. */
export function linesOf(sdp: string, beginning: string): readonly string[] {
  return sdp
    .split('\r\n')
    .filter((line) => line.startsWith(beginning))
    .map((line) => line.slice(beginning.length));
}
