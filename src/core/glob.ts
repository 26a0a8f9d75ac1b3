/** What a pattern of streams may consist of: the characters of stream names, `*` and `?`. */
export const globText = /^[A-Za-z0-9._*?-]{1,64}$/;

/**
 * Whether a stream name matches a pattern, in which `*` stands for any characters (none too) and `?` for one. No regular
 * expression is made of it: this takes time in proportion to both lengths whatever the pattern is.
 */
export function globMatches(pattern: string, name: string): boolean {
  let at = 0;
  let next = 0;
  /** Where to go on when the last `*` has to swallow one character more. */
  let star = -1;
  let swallowed = 0;
  while (next < name.length) {
    if (pattern[at] === '*') {
      star = at++;
      swallowed = next;
    } else if (pattern[at] === '?' || (at < pattern.length && pattern[at] === name[next])) {
      at++;
      next++;
    } else if (star >= 0) {
      at = star + 1;
      next = ++swallowed;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
