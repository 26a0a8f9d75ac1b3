import { badDirective, tooFarAhead } from './failures.ts';
import type { Skip } from './playlist.ts';
import type { StreamTiming } from './timing.ts';
import type { MediaWindow, Position } from './window.ts';

/** Delivery directives of a playlist request (RFC 8216bis section 6.2.5). */
export interface Directives {
  /** Undefined: answer at once. */
  readonly position: Position | undefined;
  readonly skip: Skip;
}

const none: Directives = { position: undefined, skip: false };
const names = ['_HLS_msn', '_HLS_part', '_HLS_skip'] as const;
type Name = (typeof names)[number];

/** Reads the query string (without `?`); parameters of others are ignored. Throws `hls-bad-directive`. */
export function readDirectives(query: string): Directives {
  if (!query.includes('_HLS_')) return none;
  const values = new Map<Name, string>();
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = names.find((known) => known === (equals < 0 ? pair : pair.slice(0, equals)));
    if (!name) continue;
    if (values.has(name)) throw badDirective(`${name} is there twice`);
    values.set(name, equals < 0 ? '' : pair.slice(equals + 1));
  }
  const msn = readInteger('_HLS_msn', values);
  const part = readInteger('_HLS_part', values);
  const skip = values.get('_HLS_skip');
  if (msn === undefined && part !== undefined) throw badDirective('_HLS_part needs _HLS_msn');
  if (skip !== undefined && skip !== 'YES' && skip !== 'v2') throw badDirective('_HLS_skip is YES or v2');
  return {
    position: msn === undefined ? undefined : { msn, part },
    skip: skip === 'v2' ? skip : skip !== undefined,
  };
}

/** Throws `hls-too-far-ahead` for positions that a client cannot sensibly wait for (section 6.2.5.2). */
export function checkReach({ msn, part }: Position, window: MediaWindow, timing: StreamTiming): void {
  const { last } = window;
  if (msn > last.msn + 2)
    throw tooFarAhead(`_HLS_msn ${msn} is more than 2 beyond the last media sequence number, ${last.msn}`);
  if (part === undefined || msn < last.msn) return;
  const limit = advancePartLimit(timing);
  const lastPart = msn === last.msn ? last.parts - 1 : -1;
  if (part > lastPart + limit)
    throw tooFarAhead(`_HLS_part ${part} is more than ${limit} beyond the last part of ${msn}`);
}

/** Parts that fit into three seconds; three when parts are a second and longer. */
export function advancePartLimit(timing: StreamTiming): number {
  return timing.partTargetMs < 1000 ? Math.ceil(3000 / timing.partTargetMs) : 3;
}

function readInteger(name: Name, values: ReadonlyMap<Name, string>): number | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  // decimal-integer (section 4.2); more digits than a number holds exactly are nobody's sequence number.
  if (!/^\d{1,15}$/.test(text)) throw badDirective(`${name} is not a decimal integer`);
  return Number(text);
}
