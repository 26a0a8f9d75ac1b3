import { z } from 'zod';

/**
 * The journal of a recording: one JSON object a line, appended after the media that it speaks of. Whatever a line names was
 * written before it, so that after a crash everything up to the last whole line can be played.
 */
const headLine = z.object({
  t: z.literal('recording'),
  version: z.literal(1),
  stream: z.string(),
  id: z.string(),
  startedWallMs: z.number(),
  /** No segment is longer, but for rounding. */
  targetDurationMs: z.int().min(1),
});
const initLine = z.object({
  t: z.literal('init'),
  rendition: z.string().regex(/^[a-z][a-z\d]{0,15}$/),
  /** Media between two discontinuities; counts from 1. */
  stretch: z.int().min(1).max(999_999),
  kind: z.enum(['video', 'audio', 'text']),
  /** Of text only. The name stands between quotes in a playlist. */
  text: z
    .object({
      language: z.string().regex(/^[A-Za-z\d-]{2,35}$/),
      name: z.string().regex(/^[^"\p{Cc}\u2028\u2029]{1,200}$/u),
    })
    .optional(),
  codecs: z.string().regex(/^[\w.-]{1,64}$/),
  width: z.int().min(0),
  height: z.int().min(0),
  channels: z.int().min(0),
  /** Which of several sounds. */
  sound: z
    .object({
      index: z.int().min(0).max(64),
      name: z.string().regex(/^[^"\p{Cc}\u2028\u2029]{1,128}$/u),
      language: z.string().regex(/^[A-Za-z\d-]{0,32}$/),
    })
    .optional(),
  /** Length of the init segment at the front of the file; of text, of a segment in which nothing is said. */
  bytes: z.int().min(1),
});
const segmentLine = z.object({
  t: z.literal('segment'),
  rendition: z.string().regex(/^[a-z][a-z\d]{0,15}$/),
  stretch: z.int().min(1).max(999_999),
  startMs: z.number(),
  startWallMs: z.number(),
  durationMs: z.number().min(0),
  independent: z.boolean(),
  /** Of video that begins with a keyframe: so many bytes from `offset` on hold that picture. */
  iFrameBytes: z.int().min(1).optional(),
  /** Holds no media. */
  gap: z.boolean(),
  offset: z.int().min(0),
  bytes: z.int().min(0),
});
const endLine = z.object({
  t: z.literal('end'),
  endedWallMs: z.number(),
  /** Why it ended, for operators. */
  reason: z.string(),
});
const line = z.discriminatedUnion('t', [headLine, initLine, segmentLine, endLine]);

export type HeadLine = z.infer<typeof headLine>;
export type InitLine = z.infer<typeof initLine>;
export type SegmentLine = z.infer<typeof segmentLine>;
export type EndLine = z.infer<typeof endLine>;
export type JournalLine = z.infer<typeof line>;

/** What a journal says. */
export interface Journal {
  readonly head: HeadLine;
  readonly inits: readonly InitLine[];
  readonly segments: readonly SegmentLine[];
  /** Undefined while it grows, and after a crash. */
  readonly end: EndLine | undefined;
  /** Length of the text that was understood: whole lines only. */
  readonly soundBytes: number;
}

/** One line, as it is appended. */
export function journalText(entry: JournalLine): string {
  return `${JSON.stringify(entry)}\n`;
}

/**
 * Reads a journal up to the first line that is incomplete or wrong: a crash or a full disk ends it anywhere. Undefined when
 * not even its head is there.
 */
export function readJournal(text: string): Journal | undefined {
  const inits: InitLine[] = [];
  const segments: SegmentLine[] = [];
  let head: HeadLine | undefined;
  let end: EndLine | undefined;
  let soundBytes = 0;
  for (let at = 0; at < text.length && !end;) {
    const newline = text.indexOf('\n', at);
    const entry = newline < 0 ? undefined : readLine(text.slice(at, newline));
    if (!entry || (entry.t === 'recording') !== (head === undefined)) break;
    if (entry.t === 'recording') head = entry;
    else if (entry.t === 'init') inits.push(entry);
    else if (entry.t === 'segment') segments.push(entry);
    else end = entry;
    soundBytes += Buffer.byteLength(text.slice(at, newline + 1));
    at = newline + 1;
  }
  return head && { head, inits, segments, end, soundBytes };
}

function readLine(text: string): JournalLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return line.safeParse(value).data;
}
