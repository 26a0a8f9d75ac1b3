import { extname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import profiles from '../../ffmpeg/profiles.json' with { type: 'json' };
import { encoderArguments, software, type EncoderUse } from './encoders.ts';
import type { Rung } from './ladder.ts';
import { encodedVideo, filled, isCopiedSound, output, type FfmpegPlan, type OutputPlan } from './profile.ts';

/** What a slate is made of. */
export interface SlateSource {
  /** Absolute. */
  readonly path: string;
  /** One picture, or something that moves and is played again and again. */
  readonly still: boolean;
}

/** The card that comes with Frontrow. */
const cardPath = fileURLToPath(new URL('../../ffmpeg/slate.png', import.meta.url));
const stillTypes: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg', '.webp', '.bmp', '.tif', '.tiff']);
/** A slate hardly moves; what does gets by with so much for each line of the picture. */
const bitrateBpsPerLine = 1_500;

/** What the setting means: '' for no slate, `card` for the built-in one, else a file. */
export function slateSource(setting: string): SlateSource | undefined {
  if (setting === '') return undefined;
  if (setting === 'card') return { path: cardPath, still: true };
  const path = isAbsolute(setting) ? setting : resolve(setting);
  return { path, still: stillTypes.has(extname(path).toLowerCase()) };
}

/** What the slate has to look like. */
export interface SlateWish {
  readonly source: SlateSource;
  /** What FFmpeg did for the publisher: the slate has the same renditions in the same sizes. */
  readonly live: FfmpegPlan;
  readonly segmentTargetMs: number;
  /** Absent: x264. */
  readonly encoder?: EncoderUse | undefined;
}

/**
 * How FFmpeg shows a slate, with silence, in real time and without an end. By x264 where there is one: nothing may go wrong
 * here.
 */
export function planSlate({ source, live, segmentTargetMs, encoder = software }: SlateWish): FfmpegPlan {
  const filters = source.still ? profiles.slatePicture : profiles.slateVideo;
  const keyframes = `expr:gte(t,n_forced*${String(segmentTargetMs / 1000)})`;
  const show = (rung: Rung): OutputPlan => encodedVideo(rung, { encoder, source: 0, keyframes, filters });
  const outputs = live.outputs.map((each) => {
    if (each.kind === 'video') return show(sizeOf(each, live));
    const { rendition, sound } = each;
    const codec = isCopiedSound(rendition) ? 'opus' : 'aac';
    const silent = output('audio', rendition, filled(profiles.slateSilence, { rendition, codec }));
    return { ...silent, ...(sound && { sound }) };
  });
  const repeat = source.still ? [] : profiles.slateVideoInput;
  const input = [...encoderArguments(encoder).global, ...profiles.slateInput, ...repeat];
  return { ...live, input, outputs, encoder };
}

/** The rung that an output is. */
function sizeOf({ rendition }: OutputPlan, { width, height, rungs, layers }: FfmpegPlan): Rung {
  const layer = layers.find((copy) => copy.rendition === rendition)?.config;
  const size = rungs.find((rung) => rung.rendition === rendition) ?? layer ?? { width, height };
  const even = { width: size.width & ~1, height: size.height & ~1 };
  return { rendition, ...even, bitrateBps: bitrateBpsPerLine * Math.max(180, even.height) };
}
