import { expect, test } from 'vitest';
import { EncoderNeed } from '#src/bridge/encoder-need.ts';

const [copied, encoded] = [{ passthrough: true }, { passthrough: false }];

test('what is copied goes on without an encoder, sound too; what is not waits for one', () => {
  const need = new EncoderNeed({ lack: 'there is none' });
  expect(need.allows({ codec: 'h264' }, copied)).toBe(true);
  expect(need.allows({ codec: 'opus' }, encoded)).toBe(true);
  expect(need.refusal).toBeUndefined();
  expect(need.allows({ codec: 'h264' }, encoded)).toBe(false);
  expect(need.refusal).toMatch(/B-frames.*there is none/);
  expect(need.allows({ codec: 'av1' }, encoded)).toBe(false);
  expect(need.refusal).toBe('LL-HLS needs AV1 encoded anew, and there is none');
  expect(need.allows({ codec: 'h264' }, copied)).toBe(true);
  expect(need.refusal).toBeUndefined();
});

test('nothing is refused where somebody encodes, or nobody says who', () => {
  for (const need of [new EncoderNeed({ lack: undefined }), new EncoderNeed(undefined)])
    expect(need.allows({ codec: 'vp9' }, encoded)).toBe(true);
});
