import type { RungReport, StreamView, TrackReport } from '../shared/api-types.ts';
import { formatCodec } from '../shared/format.ts';
import { layerOnHls } from './qualities.ts';

/** One step of what viewers can be given. */
export interface Step {
  readonly name: string;
  /** What it looks like, e.g. `1280 × 720 · 30 fps`. */
  readonly picture: string;
  readonly bps: number;
  /** Of the largest step: how long its bar is, 0 to 1. */
  readonly share: number;
  readonly viewers: number;
  /** It is part of the step above it. */
  readonly isPart: boolean;
  /** What becomes of it on LL-HLS; '' where there is nothing to say. */
  readonly note: string;
}

type Draft = Omit<Step, 'share'>;

/** What viewers of a stream get, largest picture first, sound last; parts of a layer only while somebody gets them. */
export function ladderOf(stream: StreamView): readonly Step[] {
  const video = stream.tracks
    .filter(({ kind }) => kind === 'video')
    .flatMap((track) => videoSteps(track, stream.bridge));
  const audio = stream.tracks.filter(({ kind }) => kind === 'audio').flatMap(audioSteps);
  const steps = [...video, ...audio];
  const top = Math.max(1, ...steps.map(({ bps }) => bps));
  return steps.map((step) => ({ ...step, share: step.bps / top }));
}

/** How a rung is called for people; '' where there is nothing to choose from. */
export function rungName(rung: Pick<RungReport, 'layer' | 'label'>, rungs: readonly RungReport[]): string {
  const siblings = rungs.filter(({ layer }) => layer === rung.layer);
  // A layer without parts needs no name for its one part.
  const name = siblings.length > 1 ? rung.label : rung.label.replace(/ ?S\dT\d$/, '');
  return name === '' && rungs.length > 1 ? `layer ${rung.layer}` : name;
}

/** `1280 × 720`, or '' while unknown. */
export function sizeText({ width, height }: { readonly width: number; readonly height: number }): string {
  return width > 0 ? `${width} × ${height}` : '';
}

function videoSteps(
  { codec, layers, rungs = [] }: TrackReport,
  bridge: StreamView['bridge'],
): readonly Draft[] {
  const sorted = layers.toSorted((a, b) => b.width - a.width || b.bitrateBps - a.bitrateBps);
  return sorted.flatMap((layer) => {
    const parts = rungs.filter((rung) => rung.layer === layer.layer);
    const given = parts.slice(0, -1).filter(({ viewers }) => viewers > 0);
    const onParts = given.reduce((sum, { viewers }) => sum + viewers, 0);
    const picture = [sizeText(layer), `${Math.round(layer.frameRate)} fps`].filter((part) => part !== '');
    const whole: Draft = {
      name: layer.rid === '' ? formatCodec(codec) : `${formatCodec(codec)} ${layer.rid}`,
      picture: picture.join(' · '),
      bps: layer.bitrateBps,
      viewers: Math.max(0, layer.viewers - onParts),
      isPart: false,
      note: layerOnHls(layer.rid, bridge),
    };
    const partSteps = given.toReversed().map((rung): Draft => {
      return {
        name: rung.label,
        picture: sizeText(rung),
        bps: rung.bps,
        viewers: rung.viewers,
        isPart: true,
        note: '',
      };
    });
    return [whole, ...partSteps];
  });
}

function audioSteps({ codec, layers }: TrackReport): readonly Draft[] {
  return layers.map((layer) => {
    const { bitrateBps: bps, viewers } = layer;
    return { name: formatCodec(codec), picture: 'sound', bps, viewers, isPart: false, note: '' };
  });
}
