import { readAttributes } from './hls-reader.ts';
import type { Check } from './hls-rules.ts';

/** What a multivariant playlist leads to, each URI once. */
export interface ReadMultivariant {
  /** Media playlists of the first pathway, or of all where there are none. */
  readonly playlists: readonly string[];
  /** Playlists of pictures for seeking, of the same pathway. */
  readonly iFrames: readonly string[];
  /** Where the steering manifest is; undefined without steering. */
  readonly steeringUri: string | undefined;
  readonly pathways: readonly string[];
  /** Where new players begin, in seconds; undefined without EXT-X-START. */
  readonly startS: number | undefined;
}

type Attributes = ReadonlyMap<string, string>;

interface Variant {
  readonly attributes: Attributes;
  readonly uri: string;
}

interface Tags {
  readonly variants: readonly Variant[];
  readonly iFrames: readonly Variant[];
  readonly media: readonly Attributes[];
  readonly steering: readonly Attributes[];
  readonly start: readonly Attributes[];
}

/** Reads a multivariant playlist and checks the rules of RFC 8216bis sections 4.4.6 and 7 that its text can show. */
export function readMultivariant(text: string, check: Check): ReadMultivariant {
  const tags = readTags(text);
  const { variants, iFrames, media, steering } = tags;
  check('there are variants', variants.length > 0);
  for (const { attributes } of variants) checkVariant(attributes, check);
  for (const { attributes } of iFrames) checkIFrames(attributes, check);
  for (const attributes of media) checkMedia(attributes, check);
  checkGroups(tags, check);
  const pathways = [...new Set(variants.map(pathwayOf))];
  checkSteering(tags, pathways, check);
  const chosen = steering[0]?.get('PATHWAY-ID') ?? pathways[0] ?? '.';
  const own = variants.filter((variant) => pathwayOf(variant) === chosen);
  const groups = new Set(own.flatMap(groupsOf));
  const renditions = media.filter((attributes) => groups.has(groupOf(attributes)));
  return {
    playlists: unique([...own.map(({ uri }) => uri), ...renditions.map((each) => each.get('URI') ?? '')]),
    iFrames: unique(iFrames.filter((each) => pathwayOf(each) === chosen).map(({ uri }) => uri)),
    steeringUri: steering[0]?.get('SERVER-URI'),
    pathways,
    startS: tags.start[0] && Number(tags.start[0].get('TIME-OFFSET')),
  };
}

function readTags(text: string): Tags {
  const lines = text.split('\n');
  const tagged = (tag: string): { readonly attributes: Attributes; readonly next: string }[] =>
    lines.flatMap((line, index) =>
      line.startsWith(`#EXT-X-${tag}:`)
        ? [{ attributes: readAttributes(line.slice(line.indexOf(':') + 1)), next: lines[index + 1] ?? '' }]
        : [],
    );
  const attributesOf = (tag: string): Attributes[] => tagged(tag).map(({ attributes }) => attributes);
  return {
    variants: tagged('STREAM-INF').map(({ attributes, next }) => ({ attributes, uri: next })),
    iFrames: attributesOf('I-FRAME-STREAM-INF').map((attributes) => ({
      attributes,
      uri: attributes.get('URI') ?? '',
    })),
    media: attributesOf('MEDIA'),
    steering: attributesOf('CONTENT-STEERING'),
    start: attributesOf('START'),
  };
}

function checkVariant(attributes: Attributes, check: Check): void {
  for (const name of ['BANDWIDTH', 'AVERAGE-BANDWIDTH', 'CODECS'])
    check('variants say what they need', attributes.has(name), name);
  const [peak, average] = ['BANDWIDTH', 'AVERAGE-BANDWIDTH'].map((name) => Number(attributes.get(name)));
  check('peak is no less than average', (peak ?? 0) >= (average ?? 0));
  if (/avc|hvc|av01|vp09/.test(attributes.get('CODECS') ?? ''))
    check('video variants tell size and rate', attributes.has('RESOLUTION') && attributes.has('FRAME-RATE'));
}

/** Section 4.4.6.3. */
function checkIFrames(attributes: Attributes, check: Check): void {
  for (const name of ['BANDWIDTH', 'CODECS', 'RESOLUTION', 'URI'])
    check('pictures for seeking say what they need', attributes.has(name), name);
  for (const name of ['FRAME-RATE', 'AUDIO', 'SUBTITLES', 'CLOSED-CAPTIONS'])
    check('pictures for seeking say nothing of sound and rate', !attributes.has(name), name);
}

function checkMedia(attributes: Attributes, check: Check): void {
  if (attributes.get('TYPE') === 'AUDIO') check('audio tells its channels', attributes.has('CHANNELS'));
  if (attributes.get('TYPE') === 'SUBTITLES')
    check('subtitles have a URI and a language', attributes.has('URI') && attributes.has('LANGUAGE'));
}

/** Section 4.4.6.2.1: what a variant names is there, and belongs to its pathway alone. */
function checkGroups({ variants, media }: Tags, check: Check): void {
  const there = new Set(media.map(groupOf));
  const users = new Map<string, Set<string>>();
  for (const variant of variants) {
    for (const group of groupsOf(variant)) {
      check('groups that variants name are there', there.has(group), group);
      users.set(group, (users.get(group) ?? new Set()).add(pathwayOf(variant)));
    }
  }
  for (const [group, pathways] of users) check('groups belong to one pathway', pathways.size === 1, group);
}

/** Section 7.1: every pathway leads to the same, and the first is known before the manifest is. */
function checkSteering({ variants, steering }: Tags, pathways: readonly string[], check: Check): void {
  check('steering stands there once at most', steering.length <= 1);
  const [tag] = steering;
  if (!tag) return;
  check('steering has a manifest', (tag.get('SERVER-URI') ?? '') !== '');
  check('steering begins on a pathway that is there', pathways.includes(tag.get('PATHWAY-ID') ?? '.'));
  const idsOn = (pathway: string): string =>
    variants
      .filter((variant) => pathwayOf(variant) === pathway)
      .map(({ attributes }) => attributes.get('STABLE-VARIANT-ID') ?? '')
      .toSorted()
      .join(' ');
  for (const pathway of pathways)
    check('every pathway has the same variants', idsOn(pathway) === idsOn(pathways[0] ?? ''), pathway);
  const uris = variants.map(({ uri, attributes }) => `${uri} ${attributes.get('AUDIO') ?? ''}`);
  check('every variant has a URI of its own on each pathway', new Set(uris).size === uris.length);
}

/** Rules for a steering manifest (section 7.2). */
export function checkManifest(text: string, pathways: readonly string[], check: Check): void {
  const manifest = readJson(text);
  check('the steering manifest is version 1', manifest?.['VERSION'] === 1, text.slice(0, 200));
  const ttl = manifest?.['TTL'];
  check('the steering manifest has a time to live', typeof ttl === 'number' && ttl > 0);
  const priority: unknown = manifest?.['PATHWAY-PRIORITY'];
  const ids = Array.isArray(priority) ? priority.map(String) : [];
  const clones = clonesIn(manifest?.['PATHWAY-CLONES'], pathways, check);
  check(
    'the steering manifest ranks pathways that are there',
    ids.length > 0 &&
      new Set(ids).size === ids.length &&
      ids.every((id) => pathways.includes(id) || clones.includes(id)),
    ids.join(' '),
  );
}

/** Pathways that a steering manifest makes of others (section 7.4). */
function clonesIn(listed: unknown, pathways: readonly string[], check: Check): readonly string[] {
  const clones = Array.isArray(listed) ? (listed as readonly Readonly<Record<string, unknown>>[]) : [];
  const made: string[] = [];
  for (const clone of clones) {
    const [id, base] = [String(clone['ID']), String(clone['BASE-ID'])];
    const replaced = clone['URI-REPLACEMENT'] as Readonly<Record<string, unknown>> | undefined;
    check(
      'clones of pathways are new, of one that is there, and elsewhere',
      !pathways.includes(id) &&
        [...pathways, ...made].includes(base) &&
        typeof replaced?.['HOST'] === 'string',
      JSON.stringify(clone),
    );
    made.push(id);
  }
  return made;
}

function readJson(text: string): Readonly<Record<string, unknown>> | undefined {
  return text.startsWith('{') ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : undefined;
}

function groupsOf({ attributes }: Variant): string[] {
  return ['AUDIO', 'SUBTITLES'].flatMap((type) =>
    attributes.has(type) ? [`${type} ${attributes.get(type) ?? ''}`] : [],
  );
}

function groupOf(attributes: Attributes): string {
  return `${attributes.get('TYPE') ?? ''} ${attributes.get('GROUP-ID') ?? ''}`;
}

function pathwayOf({ attributes }: Variant): string {
  return attributes.get('PATHWAY-ID') ?? '.';
}

function unique(uris: readonly string[]): readonly string[] {
  return [...new Set(uris)];
}
