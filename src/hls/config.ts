import { z } from 'zod';
import { streamPattern } from '#src/settings/shared.ts';
import { captionsConfig } from './captions/config.ts';
import { profileNames } from './profile.ts';
import { steeringConfig } from './steering-config.ts';

const profile = z.enum(profileNames);

/** How fragmented MP4 becomes Low-Latency HLS. */
export const hlsConfig = z
  .object({
    profile: profile
      .default('ultra')
      .describe(
        'Length of parts, of which players stay three behind: ultra has about 200 ms, for latencies below a second; standard has about 500 ms and asks less than half as often of lines, caches and this gateway',
      )
      .meta({ reload: 'restart' }),
    profiles: z
      .array(
        z
          .object({
            stream: streamPattern.describe('Streams that it is for'),
            profile: profile.describe('What they get'),
          })
          .strict(),
      )
      .max(256)
      .default([])
      .describe('Profiles of certain streams; the first that matches holds')
      .meta({ reload: 'restart' }),
    partTargetMs: z
      .int()
      .min(100)
      .max(2_000)
      .optional()
      .describe(
        'Wished length of a part, for all streams, in place of what their profile says; the real one is a whole number of frames near it, fixed per stream',
      )
      .meta({ reload: 'restart' }),
    segmentTargetMs: z
      .int()
      .min(500)
      .max(30_000)
      .default(2_000)
      .describe('A segment ends at the first keyframe after nine tenths of this')
      .meta({ reload: 'restart' }),
    targetDurationMs: z
      .int()
      .min(1_000)
      .max(60_000)
      .default(8_000)
      .describe(
        'EXT-X-TARGETDURATION, fixed for the life of a stream: no segment is longer, so it must hold the longest keyframe distance. 8 s holds the 250 frames that OBS sends by default',
      )
      .meta({ reload: 'restart' }),
    windowSegments: z
      .int()
      .min(4)
      .max(1_000)
      .default(60)
      .describe('Length of the sliding playlist, counted in segments of segmentTargetMs')
      .meta({ reload: 'restart' }),
    windowLimitBytes: z
      .int()
      .min(1024 * 1024)
      .default(256 * 1024 * 1024)
      .describe('Media kept per rendition; beyond it, the oldest segments leave early')
      .meta({ reload: 'restart' }),
    holdBackParts: z
      .number()
      .min(3)
      .max(20)
      .default(3)
      .describe('PART-HOLD-BACK in parts: how far behind the live edge players stay')
      .meta({ reload: 'restart' }),
    startBehindMs: z
      .int()
      .min(1_000)
      .max(86_400_000)
      .optional()
      .describe(
        'New players begin this far behind the live edge, or at the beginning where there is less (EXT-X-START); absent: as near to it as they may',
      )
      .meta({ reload: 'restart' }),
    iFrames: z
      .boolean()
      .default(true)
      .describe(
        'A playlist of the pictures with which segments begin, for players that show these while one seeks; no files of its own',
      )
      .meta({ reload: 'restart' }),
    storyboard: z
      .boolean()
      .default(false)
      .describe(
        'Small pictures of the window for previews while seeking, at storyboard.vtt: one FFmpeg at low priority for all streams makes a few of them at a time, every ten seconds or so for each stream',
      )
      .meta({ reload: 'restart' }),
    steering: steeringConfig
      .prefault({})
      .describe(
        'Content steering: other ways to the same media, such as two CDNs. With pathways, players get each variant once for each of them, begin with the first of priority (then the order of the list), ask every ttlS seconds which to prefer, and change when theirs fails',
      )
      .meta({ reload: 'live' }),
    audioOnly: z
      .boolean()
      .default(false)
      .describe('A variant of sound alone beside the pictures, for players on lines that carry no more')
      .meta({ reload: 'restart' }),
    dash: z
      .boolean()
      .default(true)
      .describe(
        'An MPEG-DASH manifest over the same segments, at manifest.mpd; it is made only when it is asked for',
      )
      .meta({ reload: 'restart' }),
    captions: captionsConfig
      .default([])
      .describe(
        'Languages in which captions will come: players are offered them from the beginning. Languages of captions that come without are offered to players that begin later',
      )
      .meta({ reload: 'restart' }),
    measureMs: z
      .int()
      .min(100)
      .max(5_000)
      .default(1_000)
      .describe('Media that is looked at to learn the frame rate before the first part is cut')
      .meta({ reload: 'restart' }),
    startWaitMs: z
      .int()
      .min(0)
      .max(10_000)
      .default(4_000)
      .describe('A playlist request waits this long for the first segment of a stream that is starting')
      .meta({ reload: 'restart' }),
    blockLimitMs: z
      .int()
      .min(1_000)
      .max(60_000)
      .default(8_000)
      .describe(
        'A blocked request is answered with 503 after this, or after three target durations when that is shorter',
      )
      .meta({ reload: 'restart' }),
    maxBlockedRequests: z
      .int()
      .min(10)
      .default(20_000)
      .describe('Requests that may wait for one rendition at the same time')
      .meta({ reload: 'restart' }),
    lingerMs: z
      .int()
      .min(0)
      .default(60_000)
      .describe('An ended stream stays readable for this long')
      .meta({ reload: 'restart' }),
    maxStreams: z
      .int()
      .min(1)
      .default(200)
      .describe('Streams kept at the same time, ended ones included')
      .meta({ reload: 'restart' }),
  })
  .strict();
export type HlsConfig = z.infer<typeof hlsConfig>;
