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
    offerValidMs: z
      .int()
      .min(1_000)
      .max(600_000)
      .default(30_000)
      .describe('How long a viewer that asked for an offer (empty POST to /whep) may take to answer it')
      .meta({ reload: 'live' }),
    strictEtags: z
      .boolean()
      .default(false)
      .describe(
        'Judge If-Match of PATCH as RFC 9725 does: 428 without it, the current tag for candidates, * for a restart; most clients break this',
      )
      .meta({ reload: 'live' }),
    overflowUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'Another node, e.g. https://b.example.org: publishers and WebRTC viewers for whom there is no room here are sent there (307). Browsers leave their token behind when they follow to another origin',
      )
      .meta({ reload: 'live' }),
    drainMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(0)
      .describe(
        'How long a node that was told to stop turns new sessions away, and says so in /readyz, before it ends those it has',
      )
      .meta({ reload: 'live' }),
  })
  .strict();
export type SessionConfig = z.infer<typeof sessionConfig>;
