import { formatBitrate } from '../shared/format.ts';
import type { ToldLayer, ToldPart, ToldSize } from '../shared/viewer-events.ts';

/** One choice of a quality menu. */
export interface QualityOption {
  readonly id: string;
  readonly label: string;
  /** Size and rate, or what it means; may be ''. */
  readonly detail: string;
}

/** What can be chosen, and what is. */
export interface QualityView {
  readonly options: readonly QualityOption[];
  readonly chosen: string;
  /** What keeps larger pictures away, in words; '' when nothing does. */
  readonly limit: string;
}

/** A choice of WebRTC's: what the layer resource of the session is asked for. */
export interface LayerOption extends QualityOption {
  readonly body: Readonly<Record<string, string | number | boolean>>;
}

/** The choice that leaves all others to the gateway or the player. */
export const automatic = 'auto';
/** The choice of sound alone. */
export const soundOnly = 'off';

/**
 * What a viewer of the front row can choose: simulcast layers, or the sizes inside one stream, or its frame rates, and sound
 * alone where there is sound. Pictures that its token does not allow are left out, but for the smallest.
 */
export function layerOptions(
  layers: readonly ToldLayer[],
  { maxHeight, hasSound }: { readonly maxHeight: number | undefined; readonly hasSound: boolean },
): readonly LayerOption[] {
  const pictures = pictureOptions(layers);
  const allowed = pictures.filter(({ size }) => maxHeight === undefined || size.height <= maxHeight);
  const kept = allowed.length > 0 ? allowed : pictures.slice(-1);
  const options: LayerOption[] = [
    { id: automatic, label: 'Auto', detail: 'fits your network', body: {} },
    // A single picture is what Auto gives too.
    ...(kept.length > 1 ? kept.map(({ size: _size, ...option }) => option) : []),
  ];
  if (hasSound && layers.length > 0)
    options.push({ id: soundOnly, label: 'Audio only', detail: 'no picture', body: { off: true } });
  return options;
}

type Picture = LayerOption & { readonly size: ToldSize };

function pictureOptions(layers: readonly ToldLayer[]): readonly Picture[] {
  const [only] = layers;
  if (layers.length > 1) return named(layers.map(layerPicture));
  if (only === undefined) return [];
  const sizes = [...new Set(only.parts.map(({ spatialLayer }) => spatialLayer))];
  if (sizes.length > 1)
    return named(sizes.sort((a, b) => b - a).map((size) => sizePicture(only.parts, size)));
  return only.parts.length > 1
    ? only.parts.toSorted((a, b) => b.temporalLayer - a.temporalLayer).map(ratePicture)
    : [];
}

function layerPicture(layer: ToldLayer): Picture {
  return { id: `rid:${layer.rid}`, ...words(layer, layer.rid), body: { rid: layer.rid }, size: layer };
}

/** The whole of one size: all its frames. */
function sizePicture(parts: readonly ToldPart[], spatialLayer: number): Picture {
  const own = parts.filter((part) => part.spatialLayer === spatialLayer);
  const size = own.reduce((best, part) => (part.bitrateBps > best.bitrateBps ? part : best));
  const body = { maxSpatialLayerId: spatialLayer };
  return { id: `s:${spatialLayer}`, ...words(size, `S${spatialLayer}`), body, size };
}

function ratePicture(part: ToldPart, index: number): Picture {
  const label = index === 0 ? 'All frames' : index === 1 ? 'Fewer frames' : 'Fewest frames';
  const { temporalLayer, bitrateBps } = part;
  const body = { maxTemporalLayerId: temporalLayer };
  return { id: `t:${temporalLayer}`, label, detail: formatBitrate(bitrateBps), body, size: part };
}

function words(size: ToldSize, name: string): Pick<QualityOption, 'label' | 'detail'> {
  const { width, height, bitrateBps } = size;
  const rate = bitrateBps > 0 ? formatBitrate(bitrateBps) : '';
  if (height === 0) return { label: name, detail: rate };
  return {
    label: `${height}p`,
    detail: [`${width} × ${height}`, rate].filter((part) => part !== '').join(' · '),
  };
}

/** Two of the same size are told apart by their names. */
function named(pictures: readonly Picture[]): readonly Picture[] {
  return pictures.map((picture) => {
    const twins = pictures.filter(({ label }) => label === picture.label);
    const name = picture.id.replace(/^rid:/, '').replace(/^s:/, 'S');
    return twins.length < 2 ? picture : { ...picture, label: `${picture.label} ${name}` };
  });
}

/** A variant of an LL-HLS stream, as hls.js has it. */
export interface HlsVariant {
  readonly width: number;
  readonly height: number;
  readonly bitrate: number;
}

/** What a viewer of the broadcast can choose; ids are hls.js's indices. Nothing where there is one variant. */
export function variantOptions(variants: readonly HlsVariant[]): readonly QualityOption[] {
  if (variants.length < 2) return [];
  const sorted = variants
    .map(({ width, height, bitrate }, index) => ({ index, size: { width, height, bitrateBps: bitrate } }))
    .sort((a, b) => b.size.height - a.size.height || b.size.bitrateBps - a.size.bitrateBps);
  return [
    { id: automatic, label: 'Auto', detail: 'fits your network' },
    ...sorted.map(({ index, size }) => ({ id: `level:${index}`, ...words(size, `Variant ${index + 1}`) })),
  ];
}

/** Words for the limit of a token. */
export function limitWords(maxHeight: number | undefined): string {
  return maxHeight === undefined ? '' : `Your token allows pictures of up to ${maxHeight} lines.`;
}
