import type { Track } from '#src/core/media.ts';
import type { LayerReport, PartReport, TrackReport } from '#src/core/plane-report.ts';

/** A layer inside a simulcast layer, as players read it. */
interface ToldPart {
  readonly spatialLayerId: number;
  readonly temporalLayerId: number;
  readonly bitrate: number;
  readonly width?: number;
  readonly height?: number;
}

/** Names of one simulcast layer; without simulcast it has none. */
interface ToldName {
  readonly id?: string;
  readonly rid?: string;
  readonly encodingId?: string;
  readonly simulcastIdx: number;
}

/** What there is of one m-line, largest first: what is sent now, what is not, and every part of it in one list. */
export interface ToldLayers {
  readonly active: readonly (ToldName & { bitrate: number; layers: readonly ToldPart[] })[];
  readonly inactive: readonly ToldName[];
  readonly layers: readonly (ToldName & ToldPart)[];
}

/** What a stream's video is made of, in the words of the `layers` event; undefined without video. */
export function toldLayers(
  tracks: readonly Track[],
  reports: readonly TrackReport[],
): ToldLayers | undefined {
  const video = tracks.find(({ kind }) => kind === 'video');
  if (video === undefined) return undefined;
  const measured = reports.find(({ kind }) => kind === 'video')?.layers ?? [];
  const flowing = measured
    .filter(({ bitrateBps }) => bitrateBps > 0)
    .toSorted((a, b) => b.bitrateBps - a.bitrateBps);
  const missing = video.rids
    .map((rid, layer) => ({ rid, layer }))
    .filter(({ layer }) => !flowing.some((one) => one.layer === layer));
  return {
    active: flowing.map((layer) => ({
      ...nameOf(layer),
      bitrate: layer.bitrateBps,
      ...sizeOf(layer),
      layers: partsOf(layer),
    })),
    inactive: missing.map(nameOf),
    layers: flowing.flatMap((layer) => partsOf(layer).map((part) => ({ ...nameOf(layer), ...part }))),
  };
}

/**
 * The same as the working group's newest text has it: one flat list, where what is not sent has no bitrate.
 */
export function flatLayers({ layers, inactive }: ToldLayers): readonly object[] {
  return [...layers, ...inactive];
}

/** What a player has to know, but for the rates, which change all the time. */
export function shapeOf({ active, inactive }: ToldLayers): string {
  const parts = active.map(({ bitrate: _rate, layers, ...name }) => ({
    ...name,
    layers: layers.map(({ bitrate: _part, ...part }) => part),
  }));
  return JSON.stringify([parts, inactive]);
}

function nameOf({ rid, layer }: Pick<LayerReport, 'rid' | 'layer'>): ToldName {
  return rid === '' ? { simulcastIdx: layer } : { id: rid, rid, encodingId: rid, simulcastIdx: layer };
}

function partsOf(layer: LayerReport): readonly ToldPart[] {
  const whole = { ...layer, spatialLayer: 0, temporalLayer: 0 };
  return (layer.parts ?? [whole]).toReversed().map(toldPart);
}

function toldPart(part: PartReport): ToldPart {
  const { spatialLayer: spatialLayerId, temporalLayer: temporalLayerId, bitrateBps: bitrate } = part;
  return { spatialLayerId, temporalLayerId, bitrate, ...sizeOf(part) };
}

function sizeOf({ width, height }: Pick<PartReport, 'width' | 'height'>): {
  width?: number;
  height?: number;
} {
  return width > 0 ? { width, height } : {};
}
