import { z } from 'zod';

/** Each worker has a UDP port and a thread. */
export const maxWorkers = 64;

/** The media plane: engine, socket and liveness. */
export const mediaConfig = z
  .object({
    engine: z
      .enum(['auto', 'typescript', 'native'])
      .default('auto')
      .describe('Who encrypts and sends: auto takes the fastest engine that this build has')
      .meta({ reload: 'restart' }),
    workers: z
      .union([z.literal('auto'), z.int().min(1).max(maxWorkers)])
      .default('auto')
      .describe(
        'Threads that receive and send media, each with a UDP port of its own from rtc.port on; auto: one less than the machine has cores',
      )
      .meta({ reload: 'restart' }),
    recvBufferBytes: z
      .int()
      .min(65_536)
      .max(268_435_456)
      .default(4_194_304)
      .describe('Kernel receive buffer of the media socket; the kernel caps it at net.core.rmem_max')
      .meta({ reload: 'restart' }),
    sendBufferBytes: z
      .int()
      .min(65_536)
      .max(268_435_456)
      .default(8_388_608)
      .describe('Kernel send buffer of the media socket; a keyframe for all viewers must fit in')
      .meta({ reload: 'restart' }),
    silenceTimeoutMs: z
      .int()
      .min(2_000)
      .max(120_000)
      .default(10_000)
      .describe('A peer from which nothing authentic came for so long is gone')
      .meta({ reload: 'restart' }),
    maxPublisherBps: z
      .int()
      .min(100_000)
      .max(1_000_000_000)
      .default(20_000_000)
      .describe('Bandwidth that a publisher is told it may use (REMB), in bits per second')
      .meta({ reload: 'restart' }),
    startUpCacheBytes: z
      .int()
      .min(0)
      .max(268_435_456)
      .default(8_388_608)
      .describe(
        'Packets since the last keyframe kept per video layer, so that a new viewer has a picture at once even when the publisher ignores keyframe requests (OBS does); 0 turns this off',
      )
      .meta({ reload: 'restart' }),
    startUpCacheMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(12_000)
      .describe('A viewer is not brought up to date from a keyframe that is older; it waits for the next one')
      .meta({ reload: 'restart' }),
    startUpBps: z
      .int()
      .min(1_000_000)
      .max(1_000_000_000)
      .default(60_000_000)
      .describe('How fast a new viewer is sent what came since the last keyframe, in bits per second')
      .meta({ reload: 'restart' }),
  })
  .strict();

/** Settings of the media plane. */
export type MediaConfig = z.infer<typeof mediaConfig>;
