import { setTimeout as delay } from 'node:timers/promises';
import type { Bridge, Packager } from '#src/core/cmaf.ts';
import { systemClock } from '#src/core/clock.ts';
import { silentLog } from '#src/core/log.ts';
import type { TapPacket, Track, VideoCodec } from '#src/core/media.ts';
import { openBridge } from '#src/bridge/bridge.ts';
import { bridgeConfig } from '#src/bridge/config.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import type { FfmpegFound } from '#src/bridge/ffmpeg.ts';
import { findFfmpeg } from '#src/bridge/find-ffmpeg.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import { type HlsRig, streamId } from '#test/kit/hls-rig.ts';
import { recordAv1 } from '../unit/bridge/av1-packetiser.ts';
import { encoders } from '../unit/bridge/encoders.ts';
import { record, testAudio, testVideo } from '../unit/bridge/recording.ts';
import { audioTrack, videoTrack } from '../unit/bridge/units.ts';
import { Publisher } from './bridge-source.ts';
import { LayeredPublisher } from './layer-source.ts';

/** A shape that a stream can have. */
export interface Shape {
  readonly name: string;
  readonly codec?: VideoCodec;
  /** What is played, where it is not the codec's own; several are simulcast layers. */
  readonly clips?: readonly ClipName[];
  readonly audio: boolean;
  readonly ladder?: ConstructorParameters<typeof StreamLadder>[0];
  /** Video renditions; one by default. */
  readonly videos?: number;
  /** Of the pictures at its end, where it is another than at its beginning. */
  readonly lastWidth?: number;
  /** Every so many packets one is lost. */
  readonly lossEvery?: number;
  /** What happens in the middle. */
  readonly event?: (stream: ShapedStream) => Promise<void>;
}

type ClipName = VideoCodec | 'small' | 'large' | 'opus';

/** Every shape that a stream can have. */
export const shapes: readonly Shape[] = [
  { name: 'h264', codec: 'h264', audio: true },
  { name: 'vp8', codec: 'vp8', audio: true },
  { name: 'vp9', codec: 'vp9', audio: true },
  { name: 'av1', codec: 'av1', audio: true },
  { name: 'ladder', codec: 'h264', clips: ['large'], audio: true, ladder: 'ladder-2', videos: 2 },
  {
    name: 'simulcast',
    codec: 'h264',
    clips: ['large', 'h264'],
    audio: true,
    ladder: 'passthrough',
    videos: 2,
  },
  { name: 'sound', audio: true, videos: 0 },
  { name: 'silent', codec: 'h264', audio: false },
  { name: 'loss', codec: 'h264', audio: true, lossEvery: 211 },
  { name: 'resized', codec: 'h264', audio: true, event: resize, lastWidth: 256 },
  { name: 'republished', codec: 'h264', audio: true, event: republish },
];

/** A shape that is being published, through the bridge and FFmpeg to an origin. */
export interface ShapedStream {
  readonly shape: Shape;
  readonly bridge: Bridge;
  readonly publisher: Publisher;
  readonly packager: Packager;
  /** Folder of its playlists. */
  readonly url: string;
  readonly play: (clip: ClipName) => void;
  /** Ends the stream as its publisher would. */
  end(): Promise<void>;
}

/** 20 frames at 30 per second, with a keyframe every ten. */
const videoLoopMs = 2000 / 3;
const audioLoopMs = 1_000;

/** A short recording of each codec, as RTP packets. */
export class ShapeSources {
  readonly #clips: ReadonlyMap<ClipName, readonly TapPacket[]>;
  readonly #ffmpeg: FfmpegFound;

  private constructor(clips: ReadonlyMap<ClipName, readonly TapPacket[]>, ffmpeg: FfmpegFound) {
    this.#clips = clips;
    this.#ffmpeg = ffmpeg;
  }

  static async open(): Promise<ShapeSources> {
    const ffmpeg = await findFfmpeg('', AbortSignal.timeout(60_000));
    return new ShapeSources(await recordClips(), ffmpeg);
  }

  /** Begins to publish a shape under its name. */
  publish(shape: Shape, hls: HlsRig, segmentTargetMs: number): ShapedStream {
    const { name, codec, audio, clips = codec ? [codec] : [], lossEvery = Infinity, ladder } = shape;
    const packager = hls.origin.packager(streamId(name));
    const layered = clips.length > 1 ? new LayeredPublisher() : undefined;
    let publisher: Publisher | undefined;
    let sent = 0;
    const bridge = openBridge(
      {
        stream: streamId(name),
        ffmpeg: this.#ffmpeg,
        clock: systemClock,
        log: silentLog,
        segmentTargetMs,
        onEpoch: (epoch) => packager.accept(epoch),
        taps: {
          listen: (listener) => {
            const packets = (batch: readonly TapPacket[]): void =>
              listener.packets(batch.filter(() => ++sent % lossEvery !== 0));
            publisher = new Publisher({ ...listener, packets });
            return publisher;
          },
          ...(layered && { listenLayers: (listener) => layered.listen(listener) }),
          requestKeyframe: () => undefined,
        },
        ...(ladder && { ladder: new StreamLadder(ladder, new CoreBudget(64).claim()) }),
      },
      bridgeConfig.parse({}),
    );
    bridge.setTracks([...(codec ? [trackOf(codec, clips.length)] : []), ...(audio ? [audioTrack] : [])]);
    const playing = need(publisher);
    const play = (clip: ClipName): void =>
      playing.play(this.#clip(clip), clip === 'opus' ? audioLoopMs : videoLoopMs);
    if (layered)
      for (const [layer, clip] of clips.entries()) layered.play(layer, this.#clip(clip), videoLoopMs);
    else for (const clip of clips) play(clip);
    if (audio) play('opus');
    return {
      ...{ shape, bridge, publisher: playing, packager, play },
      url: `${hls.base}/hls/${name}/`,
      async end() {
        layered?.[Symbol.dispose]();
        await bridge[Symbol.asyncDispose]();
        packager.finish();
      },
    };
  }

  #clip(name: ClipName): readonly TapPacket[] {
    return need(this.#clips.get(name));
  }
}

/** The publisher goes on with smaller pictures. */
function resize({ play }: ShapedStream): Promise<void> {
  play('small');
  return Promise.resolve();
}

/** Another publisher takes over, with another codec. */
async function republish({ bridge, publisher, play }: ShapedStream): Promise<void> {
  publisher.stop('video');
  publisher.stop('audio');
  bridge.setTracks([]);
  await delay(500);
  bridge.setTracks([videoTrack('vp8'), audioTrack]);
  play('vp8');
  play('opus');
}

/** A value that a test cannot go on without. */
export function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there');
  return value;
}

function trackOf(codec: VideoCodec, layers: number): Track {
  return layers > 1 ? { ...videoTrack(codec), rids: ['f', 'h', 'q'].slice(0, layers) } : videoTrack(codec);
}

async function recordClips(): Promise<ReadonlyMap<ClipName, readonly TapPacket[]>> {
  const clips = new Map<ClipName, readonly TapPacket[]>();
  for (const codec of ['h264', 'vp8', 'vp9'] as const)
    clips.set(codec, await record({ codec, args: [...testVideo(20), ...encoders[codec]] }));
  clips.set('av1', await recordAv1(testVideo(20), encoders.av1));
  for (const [name, size] of [
    ['small', '256x144'],
    ['large', '640x360'],
  ] as const) {
    const args = [...testVideo(20, size), ...encoders.h264];
    clips.set(name, await record({ codec: 'h264', args }));
  }
  const tone = [...testAudio(2), '-c:a', 'libopus', '-b:a', '64k'];
  clips.set('opus', (await record({ codec: 'opus', args: tone })).slice(0, 50));
  return clips;
}
