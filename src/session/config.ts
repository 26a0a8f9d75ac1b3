import { z } from 'zod';

/** How long things are kept for somebody who may come back, and how many there may be. */
export const sessionConfig = z
  .object({
    publisherGraceMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(30_000)
      .describe('How long a stream and its viewers wait for a publisher that left without saying goodbye')
      .meta({ reload: 'live' }),
    goodbyeGraceMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(8_000)
      .describe('The same for a publisher that ended its session itself: long enough for stop and start')
      .meta({ reload: 'live' }),
    tombstoneMs: z
      .int()
      .min(0)
      .default(60_000)
      .describe('How long DELETE on an ended session is still answered with 200')
      .meta({ reload: 'live' }),
    maxStreams: z
      .int()
      .min(1)
      .default(200)
      .describe('Streams this node holds at most, live ones and those waiting for their publisher')
      .meta({ reload: 'live' }),
  })
  .strict();
export type SessionConfig = z.infer<typeof sessionConfig>;
