import type { SteeringConfig } from './steering-config.ts';

/** One of several ways to the same media (RFC 8216bis section 7.1): a CDN, or this gateway. */
export interface Pathway {
  readonly id: string;
  /** What stands in front of URIs that are relative to the multivariant playlist; '' leaves them relative. */
  readonly base: string;
}

/** Name of the steering manifest, beside the multivariant playlist. */
export const steeringName = 'steering.json';

/** What somebody asked for, as far as other hosts need it too. */
export interface SteeredStream {
  readonly name: string;
  /** Permission to watch that came in the path: other hosts shall get it as well. */
  readonly pass: string | undefined;
  /** Name of the cache that took such a permission out of the path; absent where none did. */
  readonly edge?: string | undefined;
}

/**
 * The pathways to a stream, the most preferred first; undefined where there is no steering. A cache keeps one playlist for all
 * passes, so that none can stand in it: there is the way through that cache alone, by relative URIs, which keep what the viewer's
 * own URL has. The others are clones of it ({@link steeringManifest}).
 */
export function pathwaysTo(
  { name, pass, edge }: SteeredStream,
  steering: SteeringConfig,
): readonly Pathway[] | undefined {
  if (steering.pathways.length === 0) return undefined;
  if (edge !== undefined) return [{ id: edge, base: '' }];
  const passFolder = pass === undefined ? '' : `t/${encodeURIComponent(pass)}/`;
  const bases = new Map(steering.pathways.map(({ id, baseUrl }) => [id, baseUrl.replace(/\/+$/, '')]));
  return priorityOf(steering).map((id) => {
    const baseUrl = bases.get(id) ?? '';
    return { id, base: baseUrl === '' ? '' : `${baseUrl}/hls/${passFolder}${name}/` };
  });
}

/** The steering manifest (RFC 8216bis section 7.2), which players ask for again and again; `edge` is the cache that asks for them. */
export function steeringManifest(steering: SteeringConfig, edge?: string): string {
  const clones = edge === undefined ? [] : clonesOf(steering, edge);
  const ranked = priorityOf(steering);
  const known = new Set([edge, ...clones.map(({ ID }) => ID)]);
  return JSON.stringify({
    VERSION: 1,
    TTL: steering.ttlS,
    // Relative to the manifest: without it, players would send the queries of their first request for ever.
    'RELOAD-URI': steeringName,
    'PATHWAY-PRIORITY':
      edge === undefined ? ranked : [...new Set([...ranked, edge])].filter((id) => known.has(id)),
    ...(clones.length > 0 && { 'PATHWAY-CLONES': clones }),
  });
}

/** A pathway that players make themselves, of one that they have: the same URIs on another host (section 7.4). */
interface PathwayClone {
  readonly 'BASE-ID': string;
  readonly ID: string;
  readonly 'URI-REPLACEMENT': { readonly HOST: string };
}

/** Of those that are nothing but a host: players change the host of a URI and leave its scheme, port and path. */
function clonesOf({ pathways }: SteeringConfig, edge: string): readonly PathwayClone[] {
  return pathways.flatMap(({ id, baseUrl }) => {
    const host = /^https?:\/\/([^:/]+)\/*$/.exec(baseUrl)?.[1];
    if (id === edge || host === undefined) return [];
    return { 'BASE-ID': edge, ID: id, 'URI-REPLACEMENT': { HOST: host } };
  });
}

/** Preferred ones first; pathways that the settings give no rank follow in the order in which they are listed. */
function priorityOf({ pathways, priority }: SteeringConfig): readonly string[] {
  return [...new Set([...priority, ...pathways.map(({ id }) => id)])];
}
