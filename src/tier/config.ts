import { z } from 'zod';

/** Who may sit in the front row. */
export const tierConfig = z
  .object({
    interactiveLimitPerStream: z
      .int()
      .min(0)
      .default(500)
      .describe('Viewers one stream may have on WebRTC; the router sends further ones to LL-HLS')
      .meta({ reload: 'live' }),
    interactiveLimit: z
      .int()
      .min(0)
      .default(1000)
      .describe('Viewers this node may have on WebRTC in all')
      .meta({ reload: 'live' }),
    allowBFrames: z
      .boolean()
      .default(false)
      .describe(
        'Let viewers watch streams with B-frames on WebRTC, where most browsers show them jumping back and forth; otherwise new viewers are sent to LL-HLS',
      )
      .meta({ reload: 'live' }),
  })
  .strict();
