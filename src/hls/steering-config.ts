import { z } from 'zod';

/** PATHWAY-ID (RFC 8216bis section 7.3): what stands between quotes, and in names of groups. */
const pathwayId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'letters, digits, ".", "-" and "_"');

const baseUrl = z
  .string()
  .max(1_024)
  .regex(
    /^(https?:\/\/[A-Za-z0-9.:[\]_-]+(\/[A-Za-z0-9._~%/-]*)?)?$/,
    'https://HOST or https://HOST/PATH, without query; empty for this gateway itself',
  );

const pathways = z
  .array(
    z
      .object({
        id: pathwayId.describe('Its name, as players see it'),
        baseUrl: baseUrl.describe('What stands in front of /hls/ there; empty for this gateway itself'),
      })
      .strict(),
  )
  .max(16)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'two pathways have the same id');

/** Content steering: several CDNs for the same media, and which of them players shall prefer. */
export const steeringConfig = z
  .object({
    pathways: pathways.default([]),
    priority: z.array(pathwayId).max(16).default([]),
    ttlS: z.int().min(5).max(3_600).default(30),
  })
  .strict()
  .refine(
    ({ pathways: all, priority }) => priority.every((id) => all.some((pathway) => pathway.id === id)),
    'priority names a pathway that is not there',
  );
export type SteeringConfig = z.infer<typeof steeringConfig>;
