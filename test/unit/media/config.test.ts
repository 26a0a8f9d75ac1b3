import { describe, expect, it } from 'vitest';
import { mediaConfig } from '#src/media/config.ts';

describe('mediaConfig', () => {
  it('has a value for everything and describes it', () => {
    const config = mediaConfig.parse({});
    expect(config).toMatchObject({ engine: 'auto', silenceTimeoutMs: 10_000 });
    for (const key of Object.values(mediaConfig.shape)) expect(key.description).toBeTruthy();
  });

  it.each([{ engine: 'wasm' }, { recvBufferBytes: 1 }, { silenceTimeoutMs: 0 }, { unknown: 1 }])(
    'refuses %o',
    (bad) => {
      expect(mediaConfig.safeParse(bad).success).toBe(false);
    },
  );
});
