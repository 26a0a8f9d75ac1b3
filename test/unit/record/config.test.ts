import { expect, test } from 'vitest';
import { recordConfig } from '#src/record/config.ts';

test('an object store without its keys is a mistake of the setting that is there, which says what is missing', () => {
  const result = recordConfig.safeParse({ s3Endpoint: 'http://127.0.0.1:9000', s3Bucket: 'recordings' });
  expect(result.error?.issues).toMatchObject([
    { path: ['s3Endpoint'], message: expect.stringContaining('s3SecretAccessKey') as string },
  ]);
});
