/** One entry of a Link header (RFC 8288 section 3): a target and its parameters, names in lower case. */
export interface Link {
  readonly target: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** One ICE server in the shape that RTCPeerConnection takes. */
export interface IceServer {
  readonly urls: string;
  readonly username?: string;
  readonly credential?: string;
}

const parameterPattern = /^\s*;\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/;

/**
 * Reads a Link header, also one that a browser joined from several lines with commas. Entries that are no link are
 * skipped up to the next comma, so that one bad entry never hides the good ones.
 */
export function parseLinkHeader(header: string | null | undefined): readonly Link[] {
  const links: Link[] = [];
  let rest = header ?? '';
  while (rest !== '') {
    const target = /^[\s,]*<([^>]*)>/.exec(rest);
    if (target === null) {
      const comma = rest.indexOf(',');
      if (comma < 0) break;
      rest = rest.slice(comma + 1);
      continue;
    }
    rest = rest.slice(target[0].length);
    const parameters: Record<string, string> = {};
    for (let found = parameterPattern.exec(rest); found !== null; found = parameterPattern.exec(rest)) {
      const name = (found[1] ?? '').toLowerCase();
      parameters[name] ??= found[2]?.replaceAll(/\\(.)/g, '$1') ?? found[3] ?? '';
      rest = rest.slice(found[0].length);
    }
    links.push({ target: (target[1] ?? '').trim(), parameters });
    const comma = rest.indexOf(',');
    rest = comma < 0 ? '' : rest.slice(comma + 1);
  }
  return links;
}

/** The links with absolute targets; ones that are no URL are left out. */
export function resolveLinks(links: readonly Link[], base: string): readonly Link[] {
  return links.flatMap((link) => {
    return URL.canParse(link.target, base) ? [{ ...link, target: new URL(link.target, base).href }] : [];
  });
}

/** The target of the first link with this relation. */
export function linkTarget(links: readonly Link[], relation: string): string | undefined {
  return links.find(({ parameters }) => (parameters['rel'] ?? '').split(/\s+/).includes(relation))?.target;
}

/** The STUN and TURN servers that a WHIP or WHEP response names (RFC 9725 section 4.6). */
export function iceServersFromLinks(links: readonly Link[]): readonly IceServer[] {
  const servers: IceServer[] = [];
  for (const { target, parameters } of links) {
    const relations = (parameters['rel'] ?? '').toLowerCase().split(/\s+/);
    if (!relations.includes('ice-server') || !/^(stun|turn)s?:./i.test(target)) continue;
    const { username, credential } = parameters;
    servers.push({
      urls: target,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    });
  }
  return servers;
}
