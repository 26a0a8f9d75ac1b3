import { z } from 'zod';
import { Failure } from '#src/core/failure.ts';
import type { DateRangeWish } from '#src/core/timed-text.ts';
import { plainId, wallTime } from './captions-body.ts';

const limits = { attributes: 16, valueChars: 2_048, durationMs: 86_400_000, inMs: 600_000 } as const;

/** A quoted-string has no escape (RFC 8216bis section 4.2), so nothing that could end it comes in. */
const quotable = z
  .string()
  .max(limits.valueChars)
  .regex(/^[^"\p{Cc}\u2028\u2029]*$/u, 'no double quotes, line breaks or other control characters')
  // Playlists have one form of Unicode (section 4.1).
  .normalize('NFC');
/** SCTE 35 splice information, as bytes (section 4.4.5.1.1). */
const scte35 = z
  .string()
  .regex(/^0[xX](?:[\dA-Fa-f]{2})+$/, 'whole bytes in hexadecimal digits after 0x')
  .max(limits.valueChars);
const durationMs = z.int().min(0).max(limits.durationMs);

const dateRangeBody = z
  .object({
    id: plainId,
    class: quotable.min(1).max(128).optional(),
    start: wallTime.optional(),
    in: z.union([z.literal('now').transform(() => 0), z.int().min(0).max(limits.inMs)]).optional(),
    end: wallTime.optional(),
    durationMs: durationMs.optional(),
    plannedDurationMs: durationMs.optional(),
    endOnNext: z.boolean().optional(),
    scte35: z
      .object({ cmd: scte35.optional(), out: scte35.optional(), in: scte35.optional() })
      .strict()
      .default({}),
    attributes: z
      .record(
        z.string().regex(/^X-[A-Z\d-]{1,62}$/, 'a name such as X-COM-EXAMPLE-AD'),
        z.union([quotable, z.number().min(-1e15).max(1e15)]),
      )
      .refine((list) => Object.keys(list).length <= limits.attributes, `at most ${limits.attributes}`)
      .default({}),
  })
  .strict()
  .refine(({ start, in: inMs }) => (start === undefined) !== (inMs === undefined), {
    message: 'either start or in',
    path: ['start'],
  })
  .refine(({ end, durationMs: length }) => end === undefined || length === undefined, {
    message: 'either end or durationMs',
    path: ['end'],
  })
  .refine(({ end, start }) => end === undefined || (start !== undefined && end >= start), {
    message: 'not before start; with in, say durationMs',
    path: ['end'],
  })
  .refine(({ end, start }) => end === undefined || start === undefined || end - start <= limits.durationMs, {
    message: 'at most a day after start',
    path: ['end'],
  })
  .refine(
    ({ endOnNext, class: name, end, durationMs: length }) =>
      endOnNext !== true || (name !== undefined && end === undefined && length === undefined),
    { message: 'needs a class, and no end', path: ['endOnNext'] },
  )
  .transform(
    ({
      id,
      start,
      in: inMs,
      end,
      durationMs: length,
      scte35: splice,
      attributes,
      ...rest
    }): DateRangeWish => ({
      ...{ id, ...rest },
      start: start === undefined ? { inMs: inMs ?? 0 } : { wallMs: start },
      end: end === undefined ? (length === undefined ? undefined : { durationMs: length }) : { wallMs: end },
      attributes: {
        ...attributes,
        ...(splice.cmd !== undefined && { 'SCTE35-CMD': splice.cmd }),
        ...(splice.out !== undefined && { 'SCTE35-OUT': splice.out }),
        ...(splice.in !== undefined && { 'SCTE35-IN': splice.in }),
      },
    }),
  );

/** Reads a date range; throws `bad-daterange`, which names every field that is wrong. */
export function readDateRange(text: string): DateRangeWish {
  const result = dateRangeBody.safeParse(jsonOf(text));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw badDateRange(problems.join('; ').slice(0, 500));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw badDateRange('the body is no JSON');
    throw error;
  }
}

const badDateRange = (why: string): Failure => new Failure('invalid', 'bad-daterange', why);
