import { z } from 'zod';
import { authConfig } from '#src/auth/config.ts';
import { bridgeConfig } from '#src/bridge/config.ts';
import { demoConfig } from '#src/demo/config.ts';
import { hlsConfig } from '#src/hls/config.ts';
import { httpConfig } from '#src/http/config.ts';
import { mediaConfig } from '#src/media/config.ts';
import { recordConfig } from '#src/record/config.ts';
import { rtcConfig } from '#src/rtc/config.ts';
import { sessionConfig } from '#src/session/config.ts';
import { telemetryConfig } from '#src/telemetry/config.ts';
import { tierConfig } from '#src/tier/config.ts';

/** Every room's settings; each room owns its part, and an absent part is that room's defaults. */
export const configSchema = z
  .object({
    http: httpConfig.prefault({}),
    auth: authConfig.prefault({}),
    rtc: rtcConfig.prefault({}),
    media: mediaConfig.prefault({}),
    bridge: bridgeConfig.prefault({}),
    hls: hlsConfig.prefault({}),
    record: recordConfig.prefault({}),
    tier: tierConfig.prefault({}),
    session: sessionConfig.prefault({}),
    telemetry: telemetryConfig.prefault({}),
    demo: demoConfig.prefault({}),
  })
  .strict();

/** All settings, complete and checked. */
export type Config = z.infer<typeof configSchema>;

/** The settings that hold when nobody says anything. */
export function defaultConfig(): Config {
  return configSchema.parse({});
}
