/** What the target of a request under /hls/ names, nothing of it checked yet. */
export interface Target {
  /** Permission to watch that came in the path, so that relative URIs inherit it; undefined without one. */
  readonly pass: string | undefined;
  /** Stream name. */
  readonly name: string;
  /** Below the stream. */
  readonly path: string;
  readonly query: string;
}

/** A target without scheme and host, which proxies put in front of it (absolute-form, RFC 9112 section 3.2.2). */
export function originForm(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '');
}

/** Before the pass; a stream may be called so too. */
const passFolder = 't';

/**
 * Takes apart `NAME/PATH?QUERY` and `t/PASS/NAME/PATH?QUERY`. A stream called `t` has paths of at most two parts, so nothing of
 * it is taken for a pass.
 */
export function splitTarget(target: string): Target {
  const [whole, query] = splitOnce(target, '?');
  const [first, below] = splitOnce(whole, '/');
  if (first !== passFolder) return { pass: undefined, name: first, path: below, query };
  const [pass, rest] = splitOnce(below, '/');
  const [name, path] = splitOnce(rest, '/');
  if (path === '') return { pass: undefined, name: first, path: below, query };
  return { pass, name, path, query };
}

function splitOnce(text: string, at: string): readonly [before: string, after: string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
