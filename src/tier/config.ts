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
  })
  .strict();
