import { z } from 'zod';

/** The built-in source for people without a camera. */
export const demoConfig = z
  .object({
    stream: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
      .default('demo')
      .describe('Name of the stream that --demo publishes')
      .meta({ reload: 'restart' }),
    videoBitrateBps: z
      .int()
      .min(200_000)
      .default(2_000_000)
      .describe('Video bitrate of the demo stream')
      .meta({ reload: 'restart' }),
    keyframeIntervalMs: z
      .int()
      .min(250)
      .default(1_000)
      .describe('Time between keyframes of the demo stream')
      .meta({ reload: 'restart' }),
  })
  .strict();
export type DemoConfig = z.infer<typeof demoConfig>;
