import { z } from 'zod';
import { Failure } from '#src/core/failure.ts';
import { languageTag } from '#src/settings/shared.ts';
import type { CaptionWish } from '#src/core/timed-text.ts';

/** What one caption may be. */
const limits = { textBytes: 1_024, shownMs: 60_000, inMs: 600_000, perRequest: 100 } as const;

/** RFC 3339 with an offset, as milliseconds since 1970. */
export const wallTime = z.iso
  .datetime({ offset: true, error: 'a time such as 2026-11-21T20:15:00.250Z' })
  .transform((text) => Date.parse(text));
/** A name that is kept beside others: of a caption or a date range. */
export const plainId = z
  .string()
  .regex(/^[A-Za-z0-9][\w.:-]{0,63}$/, '1 to 64 letters, digits, dots, colons, underscores and hyphens');
const percent = z.number().min(0).max(100);

const captionBody = z
  .object({
    id: plainId.optional(),
    language: languageTag,
    start: wallTime.optional(),
    in: z.union([z.literal('now').transform(() => 0), z.int().min(0).max(limits.inMs)]).optional(),
    end: wallTime.optional(),
    durationMs: z.int().min(100).max(limits.shownMs).optional(),
    text: z
      .string()
      .refine((text) => Buffer.byteLength(text) <= limits.textBytes, `at most ${limits.textBytes} bytes`)
      .refine((text) => /[^\s\p{Cc}]/u.test(text), 'nothing to read in it'),
    settings: z
      .object({
        align: z.enum(['start', 'center', 'end', 'left', 'right']).optional(),
        position: percent.optional(),
        line: percent.optional(),
        size: percent.optional(),
      })
      .strict()
      .default({}),
  })
  .strict()
  .refine(({ start, in: inMs }) => (start === undefined) !== (inMs === undefined), {
    message: 'either start or in',
    path: ['start'],
  })
  .refine(({ end, durationMs }) => (end === undefined) !== (durationMs === undefined), {
    message: 'either end or durationMs',
    path: ['end'],
  })
  .refine(({ start, end }) => end === undefined || start !== undefined, {
    message: 'with in, say durationMs',
    path: ['end'],
  })
  .refine(({ start, end }) => end === undefined || start === undefined || end - start >= 100, {
    message: 'at least 100 ms after start',
    path: ['end'],
  })
  .refine(({ start, end }) => end === undefined || start === undefined || end - start <= limits.shownMs, {
    message: `at most ${limits.shownMs} ms after start`,
    path: ['end'],
  })
  .transform(({ id, language, start, in: inMs, end, durationMs, text, settings }): CaptionWish => ({
    ...{ id, language, text, place: settings },
    start: start === undefined ? { inMs: inMs ?? 0 } : { wallMs: start },
    end: end === undefined ? { durationMs: durationMs ?? 0 } : { wallMs: end },
  }));

/** Captions as somebody sent them. */
export interface CaptionsBody {
  readonly wishes: readonly CaptionWish[];
  /** They came as a list, so the answer is one. */
  readonly isList: boolean;
}

/** Reads one caption, an array of them, or one on each line (NDJSON); throws `bad-caption`, and nothing is taken then. */
export function readCaptions(text: string, { isLines }: { readonly isLines: boolean }): CaptionsBody {
  const values = isLines ? linesOf(text) : jsonOf(text, 'the body');
  const list: readonly unknown[] = Array.isArray(values) ? (values as readonly unknown[]) : [values];
  if (list.length === 0) throw badCaption('there is no caption in it');
  if (list.length > limits.perRequest) throw badCaption(`at most ${limits.perRequest} captions in a request`);
  const wishes = list.map((value, index) => readOne(value, Array.isArray(values) ? `${index}.` : ''));
  return { wishes, isList: Array.isArray(values) };
}

function readOne(value: unknown, prefix: string): CaptionWish {
  const result = captionBody.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${prefix}${path.join('.') || 'caption'}: ${message}`,
  );
  throw badCaption(problems.join('; ').slice(0, 500));
}

function linesOf(text: string): readonly unknown[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, index) => jsonOf(line, `line ${index + 1}`));
}

function jsonOf(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw badCaption(`${what} is no JSON`);
    throw error;
  }
}

const badCaption = (why: string): Failure => new Failure('invalid', 'bad-caption', why);
