/** Reads HLS playlists strictly and apart from the code under test. */

export interface ReadPart {
  readonly uri: string;
  readonly durationS: number;
  readonly independent: boolean;
  readonly gap: boolean;
}

export interface ReadSegment {
  readonly msn: number;
  /** Undefined while the segment is open. */
  uri: string | undefined;
  durationS: number;
  readonly discontinuity: boolean;
  readonly map: string;
  readonly wallMs: number | undefined;
  readonly gap: boolean;
  /** Undefined for whole files. */
  readonly range: { readonly start: number; readonly bytes: number } | undefined;
  readonly parts: readonly ReadPart[];
}

export interface ReadPlaylist {
  readonly version: number;
  readonly targetDurationS: number;
  readonly partTargetS: number;
  readonly control: ReadonlyMap<string, string>;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly independentSegments: boolean;
  readonly iFramesOnly: boolean;
  /** TIME-OFFSET of EXT-X-START. */
  readonly startS: number | undefined;
  readonly skipped: number;
  readonly segments: readonly ReadSegment[];
  readonly hints: readonly string[];
  readonly reports: readonly ReadonlyMap<string, string>[];
  readonly dateRanges: readonly ReadonlyMap<string, string>[];
  /** Ids of date ranges that left not long ago; undefined where nobody asked. */
  readonly recentlyRemoved: readonly string[] | undefined;
  readonly ended: boolean;
  /** Lines that this reader does not know. */
  readonly strange: readonly string[];
}

/** Attribute list (RFC 8216bis section 4.2), quotes taken off. */
export function readAttributes(text: string): ReadonlyMap<string, string> {
  const pairs = text.matchAll(/([A-Z\d-]+)=("[^"]*"|[^",]*)(?:,|$)/g);
  return new Map([...pairs].map(([, name = '', value = '']) => [name, value.replaceAll('"', '')]));
}

interface Pending {
  discontinuity: boolean;
  gap: boolean;
  wallMs: number | undefined;
  range: ReadSegment['range'];
  parts: ReadPart[];
  durationS: number;
}

const nothingPending = (): Pending => ({
  discontinuity: false,
  gap: false,
  wallMs: undefined,
  range: undefined,
  parts: [],
  durationS: 0,
});

/** Reads a media playlist; throws when it is none. */
export function readMediaPlaylist(text: string): ReadPlaylist {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines[0] !== '#EXTM3U') throw new Error('a playlist begins with #EXTM3U');
  const single = new Map<string, string>();
  const hints: string[] = [];
  const reports: ReadonlyMap<string, string>[] = [];
  const dateRanges: ReadonlyMap<string, string>[] = [];
  const strange: string[] = [];
  const segments: ReadSegment[] = [];
  let pending = nothingPending();
  let map = '';
  const msn = (): number =>
    Number(single.get('#EXT-X-MEDIA-SEQUENCE') ?? 0) + skippedOf(single) + segments.length;
  const close = (uri: string | undefined): void => {
    segments.push({ msn: msn(), uri, map, ...pending });
    pending = nothingPending();
  };
  for (const line of lines.slice(1)) {
    const [tag = '', value = ''] = splitTag(line);
    const attributes = readAttributes(value);
    if (!line.startsWith('#')) close(line);
    else if (tag === '#EXT-X-DISCONTINUITY') pending.discontinuity = true;
    else if (tag === '#EXT-X-GAP') pending.gap = true;
    else if (tag === '#EXT-X-MAP') map = attributes.get('URI') ?? '';
    else if (tag === '#EXT-X-PROGRAM-DATE-TIME') pending.wallMs = Date.parse(value);
    else if (tag === '#EXT-X-BYTERANGE') pending.range = rangeOf(value);
    else if (tag === '#EXTINF') pending.durationS = Number.parseFloat(value);
    else if (tag === '#EXT-X-PART') pending.parts.push(partOf(attributes));
    else if (tag === '#EXT-X-PRELOAD-HINT') hints.push(attributes.get('URI') ?? '');
    else if (tag === '#EXT-X-RENDITION-REPORT') reports.push(attributes);
    else if (tag === '#EXT-X-DATERANGE') dateRanges.push(attributes);
    else if (singleTags.has(tag) && !single.has(tag)) single.set(tag, value);
    else strange.push(line);
  }
  if (pending.parts.length > 0) {
    pending.durationS = pending.parts.reduce((sum, part) => sum + part.durationS, 0);
    close(undefined);
  }
  return { ...headOf(single), segments, hints, reports, dateRanges, strange };
}

const singleTags = new Set([
  '#EXT-X-VERSION',
  '#EXT-X-TARGETDURATION',
  '#EXT-X-SERVER-CONTROL',
  '#EXT-X-PART-INF',
  '#EXT-X-MEDIA-SEQUENCE',
  '#EXT-X-DISCONTINUITY-SEQUENCE',
  '#EXT-X-INDEPENDENT-SEGMENTS',
  '#EXT-X-I-FRAMES-ONLY',
  '#EXT-X-START',
  '#EXT-X-SKIP',
  '#EXT-X-ENDLIST',
]);

function headOf(
  single: ReadonlyMap<string, string>,
): Omit<ReadPlaylist, 'segments' | 'hints' | 'reports' | 'dateRanges' | 'strange'> {
  const number = (tag: string): number => Number(single.get(tag) ?? 0);
  return {
    version: number('#EXT-X-VERSION'),
    targetDurationS: number('#EXT-X-TARGETDURATION'),
    partTargetS: Number(readAttributes(single.get('#EXT-X-PART-INF') ?? '').get('PART-TARGET') ?? 0),
    control: readAttributes(single.get('#EXT-X-SERVER-CONTROL') ?? ''),
    mediaSequence: number('#EXT-X-MEDIA-SEQUENCE'),
    discontinuitySequence: number('#EXT-X-DISCONTINUITY-SEQUENCE'),
    independentSegments: single.has('#EXT-X-INDEPENDENT-SEGMENTS'),
    iFramesOnly: single.has('#EXT-X-I-FRAMES-ONLY'),
    startS: startOf(single.get('#EXT-X-START')),
    skipped: skippedOf(single),
    recentlyRemoved: readAttributes(single.get('#EXT-X-SKIP') ?? '')
      .get('RECENTLY-REMOVED-DATERANGES')
      ?.split('\t')
      .filter((id) => id !== ''),
    ended: single.has('#EXT-X-ENDLIST'),
  };
}

function skippedOf(single: ReadonlyMap<string, string>): number {
  return Number(readAttributes(single.get('#EXT-X-SKIP') ?? '').get('SKIPPED-SEGMENTS') ?? 0);
}

function startOf(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(readAttributes(value).get('TIME-OFFSET') ?? NaN);
}

/** `BYTES@START`; without the start it would go on where the one before ended, which nobody here does. */
function rangeOf(value: string): ReadSegment['range'] {
  const [, bytes, start] = /^(\d+)@(\d+)$/.exec(value) ?? [];
  return bytes === undefined ? undefined : { bytes: Number(bytes), start: Number(start) };
}

function partOf(attributes: ReadonlyMap<string, string>): ReadPart {
  return {
    uri: attributes.get('URI') ?? '',
    durationS: Number(attributes.get('DURATION')),
    independent: attributes.get('INDEPENDENT') === 'YES',
    gap: attributes.get('GAP') === 'YES',
  };
}

function splitTag(line: string): readonly string[] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line] : [line.slice(0, colon), line.slice(colon + 1)];
}
