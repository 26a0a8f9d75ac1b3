import { z } from 'zod';
import { ladderNames } from '#src/core/ladder.ts';
import { languageTag, renditionName, streamPattern } from '#src/settings/shared.ts';
import { hardwareEncoders } from './encoders.ts';

const ladder = z.enum(ladderNames);

/** How streams become fragmented MP4. */
export const bridgeConfig = z
  .object({
    ffmpegPath: z
      .string()
      .default('')
      .describe('FFmpeg 5.1 or later; empty: ffmpeg on the PATH')
      .meta({ reload: 'restart' }),
    videoBitrateBps: z
      .int()
      .min(100_000)
      .default(2_500_000)
      .describe(
        'Bitrate of video that must be encoded anew (VP8, VP9, AV1, H.265); H.264 passes through as it is',
      )
      .meta({ reload: 'restart' }),
    ladder: ladder
      .default('passthrough')
      .describe(
        'Qualities that LL-HLS viewers may choose from: the number counts them, the top included. Lower ones are encoded, up to a quarter of a core each',
      )
      .meta({ reload: 'restart' }),
    ladders: z
      .array(
        z
          .object({
            stream: streamPattern.describe('Streams that it is for'),
            ladder: ladder.describe('What they get'),
          })
          .strict(),
      )
      .max(256)
      .default([])
      .describe('Ladders of certain streams; the first that matches holds')
      .meta({ reload: 'restart' }),
    simulcast: z
      .boolean()
      .default(true)
      .describe(
        'Layers of H.264 publishers that send several become qualities for LL-HLS viewers as they are; a ladder then encodes only what is missing',
      )
      .meta({ reload: 'restart' }),
    encoder: z
      .enum(['auto', 'software', ...hardwareEncoders])
      .default('auto')
      .describe(
        'Who encodes H.264: the best hardware that a trial at the start finds working, x264 (software), or certain hardware with x264 behind it',
      )
      .meta({ reload: 'restart' }),
    coreBudget: z
      .number()
      .min(0)
      .max(1_024)
      .default(0)
      .describe(
        'Cores that all FFmpeg processes together may use; above it streams lose qualities, never their top; all of the machine but one when it is 0',
      )
      .meta({ reload: 'restart' }),
    sounds: z
      .array(
        z
          .object({
            stream: streamPattern.default('*').describe('Streams that it is for'),
            track: z
              .int()
              .min(1)
              .max(8)
              .describe(
                'Which audio track of the publisher, in the order of its offer; 1 is what the front row hears',
              ),
            name: renditionName.optional().describe('What players call it'),
            language: languageTag.optional().describe('BCP 47 tag'),
          })
          .strict(),
      )
      .max(256)
      .default([])
      .describe(
        'Names and languages of sounds, where the publisher says none itself; the first that matches holds',
      )
      .meta({ reload: 'restart' }),
    audioBitrateBps: z
      .int()
      .min(32_000)
      .default(128_000)
      .describe('Bitrate of the AAC audio')
      .meta({ reload: 'restart' }),
    opus: z
      .boolean()
      .default(false)
      .describe(
        "The publisher's Opus as a second choice of sound, copied, beside AAC: browsers play it, Apple's players stay with AAC. Lost packets leave holes in it",
      )
      .meta({ reload: 'restart' }),
    slate: z
      .string()
      .max(4_096)
      .default('')
      .describe(
        'What LL-HLS viewers see while the publisher is away and may come back, with silence: a picture or video file, or card for the one built in; empty: the last picture',
      )
      .meta({ reload: 'restart' }),
    reorderHoldMs: z
      .int()
      .min(0)
      .max(2_000)
      .default(100)
      .describe('How long a missing packet is waited for before the hole is accepted')
      .meta({ reload: 'restart' }),
    startTimeoutMs: z
      .int()
      .min(1_000)
      .default(10_000)
      .describe('FFmpeg is started anew when it gives nothing for this long after its start')
      .meta({ reload: 'restart' }),
    stallTimeoutMs: z
      .int()
      .min(1_000)
      .default(1_500)
      .describe('FFmpeg is started anew when its output stops for this long while its input goes on')
      .meta({ reload: 'restart' }),
    pauseGraceMs: z
      .int()
      .min(500)
      .default(4_000)
      .describe(
        'A publisher silent for this long ends the FFmpeg process; it starts again when media returns',
      )
      .meta({ reload: 'restart' }),
    memoryLimitBytes: z
      .int()
      .min(128 * 1024 * 1024)
      .default(1024 * 1024 * 1024)
      .describe('Memory of one FFmpeg process; one that takes more is replaced')
      .meta({ reload: 'restart' }),
    backlogLimitBytes: z
      .int()
      .min(0)
      .default(16 * 1024 * 1024)
      .describe(
        'Media of one stream kept since its last keyframe, so that LL-HLS goes on at once when FFmpeg was lost; where it does not suffice, or is 0, LL-HLS waits for a keyframe',
      )
      .meta({ reload: 'restart' }),
    inputLimitBytes: z
      .int()
      .min(256 * 1024)
      .default(2 * 1024 * 1024)
      .describe('Media waiting for FFmpeg; beyond it, frames are dropped up to the next keyframe')
      .meta({ reload: 'restart' }),
  })
  .strict();
export type BridgeConfig = z.infer<typeof bridgeConfig>;
