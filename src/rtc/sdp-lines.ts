/** One `x=value` line of an SDP body, counted from 1. */
export interface SdpLine {
  readonly number: number;
  /** The letter before `=`. */
  readonly type: string;
  /** What follows `=`; for `a=` lines the attribute's name. */
  readonly name: string;
  /** What follows the first colon of an `a=` line, else the same as `name`. */
  readonly value: string;
}

/** Says why a text is refused; the caller makes it the failure that fits its request. Never returns. */
export type Refuse = (line: number, problem: string, remedy: string) => never;

/** Longest line and most lines that are looked at; real offers stay under 400 bytes and 400 lines. */
export const maxLineLength = 2_048;
export const maxLines = 1_500;

/**
 * Cuts a body into lines (RFC 8866 section 5). Both CRLF and LF end a line, blank lines may only stand at the end. One pass,
 * no backtracking, so the time is linear whatever the text.
 */
export function splitSdp(text: string, refuse: Refuse): readonly SdpLine[] {
  if (!text.isWellFormed()) refuse(1, 'is no valid Unicode', 'send UTF-8');
  const lines: SdpLine[] = [];
  let number = 0;
  for (const raw of text.split('\n')) {
    number += 1;
    if (number > maxLines) refuse(number, `more than ${maxLines} lines`, 'send the offer of one session');
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line === '') continue;
    if (lines.length !== number - 1) refuse(number - 1, 'is blank', 'remove blank lines');
    lines.push(readLine(line, number, refuse));
  }
  return lines;
}

function readLine(line: string, number: number, refuse: Refuse): SdpLine {
  if (line.length > maxLineLength) refuse(number, `is longer than ${maxLineLength} characters`, 'shorten it');
  const letter = line.charCodeAt(0);
  if (line.charAt(1) !== '=' || letter < 97 || letter > 122)
    refuse(number, 'is not of the form x=value', 'send plain SDP (RFC 8866)');
  if (hasControlCharacter(line))
    refuse(number, 'contains a control character or broken UTF-8', 'send UTF-8 text without NUL');
  const type = line.charAt(0);
  const rest = line.slice(2);
  if (type !== 'a') return { number, type, name: rest, value: rest };
  const colon = rest.indexOf(':');
  return colon < 0
    ? { number, type, name: rest, value: '' }
    : { number, type, name: rest.slice(0, colon), value: rest.slice(colon + 1) };
}

/** NUL and its like, a lone CR, DEL, and the mark that a decoder leaves where the bytes were no UTF-8. */
function hasControlCharacter(line: string): boolean {
  for (let at = 0; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if ((code < 32 && code !== 9) || code === 127 || code === 0xfffd) return true;
  }
  return false;
}
