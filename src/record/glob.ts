/** Whether a stream name matches one of these patterns, in which `*` stands for any characters and `?` for one. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matches(pattern, name));
}

/** Goes back to the last `*` only: time in proportion to both lengths, whatever the pattern. */
function matches(pattern: string, name: string): boolean {
  let [at, next, star, taken] = [0, 0, -1, 0];
  while (next < name.length) {
    const wanted = pattern[at];
    if (wanted === '*') [star, taken, at] = [at, next, at + 1];
    else if (wanted === '?' || wanted === name[next]) [at, next] = [at + 1, next + 1];
    else if (star >= 0) [taken, at, next] = [taken + 1, star + 1, taken + 1];
    else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
