import { expect, test } from 'vitest';
import { readLayerRequest, readQueryWish } from '#src/http/wish-request.ts';

test.each<[string, object]>([
  ['{}', {}],
  ['{"mediaId":"0"}', { mediaId: '0' }],
  ['{"mediaId":1,"rid":"hd"}', { mediaId: '1', wish: { rid: 'hd' } }],
  [
    '{"encodingId":"h","spatialLayerId":0,"temporalLayerId":2}',
    { wish: { rid: 'h', spatialLayer: 0, temporalLayer: 2 } },
  ],
  [
    '{"maxSpatialLayerId":"1","maxTemporalLayerId":"0"}',
    { wish: { maxSpatialLayer: 1, maxTemporalLayer: 0 } },
  ],
  ['{"maxWidth":640,"maxHeight":360}', { wish: { maxWidth: 640, maxHeight: 360 } }],
  ['{"off":true}', { wish: { off: true } }],
  ['{"off":false,"layer":"auto","rid":""}', {}],
  ['{"layer":"low"}', { wish: { picture: 'smallest' } }],
  // What a player copies from a layers event.
  [
    '{"encodingId":"q","simulcastIdx":0,"bitrate":120000,"spatialLayerId":null,"width":320}',
    { wish: { rid: 'q' } },
  ],
])('%s is understood', (text, expected) => {
  expect(readLayerRequest(text)).toEqual({ mediaId: undefined, wish: {}, ...expected });
});

test.each([
  '',
  'null',
  '[]',
  '"h"',
  '{',
  '{"maxHeight":0}',
  '{"spatialLayerId":8}',
  '{"off":"yes"}',
  '{"rid":7}',
])('%s is refused', (text) => {
  expect(() => readLayerRequest(text)).toThrow(expect.objectContaining({ code: 'bad-layer' }));
});

test('the query of an endpoint chooses too', () => {
  expect(readQueryWish({ rid: 'h', maxHeight: '480', layer: 'auto', video: 'on', other: 'x' })).toEqual({
    rid: 'h',
    maxHeight: 480,
  });
  expect(readQueryWish({ layer: 'high', video: 'off' })).toEqual({ picture: 'largest', off: true });
  for (const query of [{ rid: ['a', 'b'] }, { maxHeight: 'x' }, { layer: 'best' }, { video: '0' }])
    expect(() => readQueryWish(query)).toThrow(expect.objectContaining({ code: 'bad-query' }));
});
