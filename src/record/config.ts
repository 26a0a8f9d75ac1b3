import { z } from 'zod';
import { streamPattern } from '#src/settings/shared.ts';

const gibibyte = 1024 ** 3;

/** What is kept of streams on disk. */
export const recordConfig = z
  .object({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Streams are recorded, those that `streams` matches by themselves, others when the API asks for it',
      )
      .meta({ reload: 'restart' }),
    streams: z
      .array(streamPattern)
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
      .describe(
        'All recordings together; beyond it the oldest is removed, never one that grows. 0 sets no limit',
      )
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
        'Live playlists reach back this far: what memory does not hold (hls.windowSegments) is read from disk. 0 stands for memory alone',
      )
      .meta({ reload: 'restart' }),
    dvrLimitBytes: z
      .int()
      .min(1024 * 1024)
      .default(20 * gibibyte)
      .describe('Disk that the DVR window of one stream may take; beyond it, the oldest segments leave early')
      .meta({ reload: 'restart' }),
    s3Endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Complete recordings are uploaded to this S3-compatible object store')
      .meta({ reload: 'restart' }),
    s3Bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket')
      .optional()
      .describe('Bucket of the object store')
      .meta({ reload: 'restart' }),
    s3Region: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, 'e.g. eu-central-1')
      .default('us-east-1')
      .describe('Region of the object store; stores that know none take any')
      .meta({ reload: 'restart' }),
    s3Prefix: z
      .string()
      .regex(/^([\w.-]+\/)*$/, 'empty, or ends with a slash')
      .default('')
      .describe('In front of the name of every object')
      .meta({ reload: 'restart' }),
    s3AccessKeyId: z
      .string()
      .min(1)
      .optional()
      .describe('Name of the access key')
      .meta({ reload: 'restart' }),
    s3SecretAccessKey: z
      .string()
      .min(1)
      .optional()
      .describe('Secret of the access key; best given in the environment')
      .meta({ reload: 'restart' }),
    s3PartBytes: z
      .int()
      .min(5 * 1024 * 1024)
      .max(1024 * 1024 * 1024)
      .default(16 * 1024 * 1024)
      .describe('Larger files are uploaded in parts of this size, one of which is in memory at a time')
      .meta({ reload: 'restart' }),
    s3RetryMs: z
      .int()
      .min(100)
      .default(2_000)
      .describe('Pause after an upload that failed; it doubles up to 64 times as much')
      .meta({ reload: 'restart' }),
    s3DeleteLocal: z
      .boolean()
      .default(false)
      .describe('Media leaves this disk once the store has it; players are then sent there by signed links')
      .meta({ reload: 'restart' }),
  })
  .strict()
  .refine(
    (config) =>
      config.s3Endpoint === undefined ||
      [config.s3Bucket, config.s3AccessKeyId, config.s3SecretAccessKey].every((one) => one !== undefined),
    // Of this setting: what is missing stands nowhere, and where this one came from is where the rest belongs.
    { path: ['s3Endpoint'], error: 's3Endpoint needs s3Bucket, s3AccessKeyId and s3SecretAccessKey' },
  );
export type RecordConfig = z.infer<typeof recordConfig>;
