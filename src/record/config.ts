import { z } from 'zod';

const gibibyte = 1024 ** 3;

/** What is kept of streams on disk. */
export const recordConfig = z
  .object({
    enabled: z
      .boolean()
      .default(false)
      .describe('Record: streams that `streams` matches by themselves, others when the API asks for it')
      .meta({ reload: 'restart' }),
    streams: z
      .array(z.string().regex(/^[A-Za-z0-9._*?-]{1,64}$/, 'a stream name, or a pattern with * and ?'))
      .max(100)
      .default(['*'])
      .describe('Streams that are recorded from their beginning: names, or patterns with * and ?')
      .meta({ reload: 'restart' }),
    directory: z
      .string()
      .min(1)
      .default('recordings')
      .describe('Folder of the recordings and of DVR windows; made when it is not there')
      .meta({ reload: 'restart' }),
    minFreeBytes: z
      .int()
      .min(0)
      .default(256 * 1024 * 1024)
      .describe('Nothing is recorded while the disk has less room than this; live viewers never notice')
      .meta({ reload: 'restart' }),
    maxQueuedBytes: z
      .int()
      .min(1024 * 1024)
      .default(64 * 1024 * 1024)
      .describe('Media of one stream that waits for a slow disk; beyond it the recording has a hole')
      .meta({ reload: 'restart' }),
    maxAgeMs: z
      .int()
      .min(0)
      .default(0)
      .describe('Recordings that ended longer ago than this are removed; 0 keeps them')
      .meta({ reload: 'restart' }),
    maxTotalBytes: z
      .int()
      .min(0)
      .default(0)
      .describe('All recordings together; beyond it the oldest is removed, never one that grows. 0: no limit')
      .meta({ reload: 'restart' }),
    maxRecordings: z
      .int()
      .min(1)
      .max(100_000)
      .default(10_000)
      .describe('Recordings that are known and listed; beyond it the oldest is removed')
      .meta({ reload: 'restart' }),
    sweepMs: z
      .int()
      .min(100)
      .default(60_000)
      .describe('How often age and size of the recordings are looked at')
      .meta({ reload: 'restart' }),
    thumbnails: z
      .boolean()
      .default(true)
      .describe('Make a poster and a storyboard (WebVTT and one JPEG) of every recording that ended')
      .meta({ reload: 'restart' }),
    downloadWaitMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(15_000)
      .describe(
        'A request for the MP4 of a recording waits this long for it to be made; then 503 with Retry-After',
      )
      .meta({ reload: 'restart' }),
    downloadCacheBytes: z
      .int()
      .min(0)
      .default(20 * gibibyte)
      .describe('MP4 files for download that are kept; beyond it the one made longest ago is removed')
      .meta({ reload: 'restart' }),
    dvrMs: z
      .int()
      .min(0)
      .max(24 * 3_600_000)
      .default(0)
      .describe(
        'Live playlists reach back this far: what memory does not hold (hls.windowSegments) is read from disk. 0: memory alone',
      )
      .meta({ reload: 'restart' }),
    dvrLimitBytes: z
      .int()
      .min(1024 * 1024)
      .default(20 * gibibyte)
      .describe('Disk that the DVR window of one stream may take; beyond it, the oldest segments leave early')
      .meta({ reload: 'restart' }),
  })
  .strict();
export type RecordConfig = z.infer<typeof recordConfig>;
