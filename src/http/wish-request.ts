import { z } from 'zod';
import { Failure } from '#src/core/failure.ts';
import type { VideoWish } from '#src/core/media.ts';

/** A layer by its rank, as players that know no rids choose. */
const pictures = { low: 'smallest', medium: 'middle', high: 'largest', auto: undefined } as const;
const rank = z.enum(['low', 'medium', 'high', 'auto']);

/** A number, or as some players write it, its digits. */
const number = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number),
]);
const layerIndex = number.pipe(z.int().min(0).max(7));
const pixels = number.pipe(z.int().min(1).max(16_384));
const name = z.string().max(64);

/**
 * What a POST to the layer resource says (WHEP core extensions, "Video Layer Selection"), with the older name of the rid. Other
 * fields are passed over: players send all they know of a layer.
 */
const layerBody = z.object({
  mediaId: z.union([name, z.int().min(0).transform(String)]).optional(),
  rid: name.optional(),
  encodingId: name.optional(),
  spatialLayerId: layerIndex.optional(),
  temporalLayerId: layerIndex.optional(),
  maxSpatialLayerId: layerIndex.optional(),
  maxTemporalLayerId: layerIndex.optional(),
  maxWidth: pixels.optional(),
  maxHeight: pixels.optional(),
  layer: rank.optional(),
  off: z.boolean().optional(),
});

/** What a viewer asks for, and of which m-line. */
export interface LayerRequest {
  readonly mediaId: string | undefined;
  readonly wish: VideoWish;
}

/** Reads the JSON of the layer resource; throws `bad-layer`. */
export function readLayerRequest(text: string): LayerRequest {
  const body = layerBody.safeParse(withoutNulls(parseJson(text, badLayer)));
  if (!body.success) throw badLayer(z.prettifyError(body.error));
  const { mediaId, rid, encodingId, layer, off, ...rest } = body.data;
  const wish = {
    off: off === true ? true : undefined,
    rid: rid || encodingId || undefined,
    spatialLayer: rest.spatialLayerId,
    temporalLayer: rest.temporalLayerId,
    maxSpatialLayer: rest.maxSpatialLayerId,
    maxTemporalLayer: rest.maxTemporalLayerId,
    maxWidth: rest.maxWidth,
    maxHeight: rest.maxHeight,
    picture: layer && pictures[layer],
  };
  return { mediaId, wish: defined(wish) };
}

const queryWish = z.object({
  rid: name.min(1).optional(),
  maxHeight: pixels.optional(),
  layer: rank.optional(),
  video: z.enum(['on', 'off']).optional(),
});

/** Reads the choice in the query of a WHEP endpoint: `rid`, `maxHeight`, `layer`, `video`; throws `bad-query`. */
export function readQueryWish(query: Readonly<Record<string, unknown>>): VideoWish {
  const asked = queryWish.safeParse(query);
  if (!asked.success)
    throw new Failure(
      'invalid',
      'bad-query',
      `rid is a layer's name, maxHeight a number of lines, layer is low, medium, high or auto, video is on or off: ${z.prettifyError(asked.error)}`,
    );
  const { rid, maxHeight, layer, video } = asked.data;
  return defined({
    off: video === 'off' ? true : undefined,
    rid,
    maxHeight,
    picture: layer && pictures[layer],
  });
}

/** Parses JSON; throws what `failure` makes of the reason. */
export function parseJson(text: string, failure: (why: string) => Failure): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw failure('the body is no JSON');
    throw error;
  }
}

const badLayer = (why: string): Failure =>
  new Failure('invalid', 'bad-layer', `send a JSON object such as {"rid":"h"} or {} for automatic: ${why}`);

/** Some players send null for what they do not ask for. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null));
}

/** Leaves out what is undefined: a wish tells only what it asks for. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
