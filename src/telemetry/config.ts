import { z } from 'zod';

/** What is logged and how. */
export const telemetryConfig = z
  .object({
    logLevel: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('Least severe level that is logged')
      .meta({ reload: 'restart' }),
    logFormat: z
      .enum(['auto', 'json', 'text'])
      .default('auto')
      .describe('One JSON object a line, or text for people; auto takes text on a terminal')
      .meta({ reload: 'restart' }),
  })
  .strict();
export type TelemetryConfig = z.infer<typeof telemetryConfig>;
