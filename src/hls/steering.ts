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
}

/** The pathways to a stream, the most preferred first; undefined where there is no steering. */
export function pathwaysTo(
  { name, pass }: SteeredStream,
  steering: SteeringConfig,
): readonly Pathway[] | undefined {
  if (steering.pathways.length === 0) return undefined;
  const passFolder = pass === undefined ? '' : `t/${encodeURIComponent(pass)}/`;
  const bases = new Map(steering.pathways.map(({ id, baseUrl }) => [id, baseUrl.replace(/\/+$/, '')]));
  return priorityOf(steering).map((id) => {
    const baseUrl = bases.get(id) ?? '';
    return { id, base: baseUrl === '' ? '' : `${baseUrl}/hls/${passFolder}${name}/` };
  });
}

/** The steering manifest (RFC 8216bis section 7.2), which players ask for again and again. */
export function steeringManifest(steering: SteeringConfig): string {
  return JSON.stringify({
    VERSION: 1,
    TTL: steering.ttlS,
    // Relative to the manifest: without it, players would send the queries of their first request for ever.
    'RELOAD-URI': steeringName,
    'PATHWAY-PRIORITY': priorityOf(steering),
  });
}

/** Preferred ones first; pathways that the settings give no rank follow in the order in which they are listed. */
function priorityOf({ pathways, priority }: SteeringConfig): readonly string[] {
  return [...new Set([...priority, ...pathways.map(({ id }) => id)])];
}
