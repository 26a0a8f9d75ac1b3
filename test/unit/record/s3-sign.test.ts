import { expect, test } from 'vitest';
import { emptyHash, presignedUrl, signedHeaders, strictEncode } from '#src/record/s3/sign.ts';

/** The examples of the Amazon S3 reference, "Authenticating Requests (AWS Signature Version 4)". */
const keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
};
const atMs = Date.UTC(2013, 4, 24);
const bucket = 'https://examplebucket.s3.amazonaws.com';

test.each([
  ['?lifecycle', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  ['?max-keys=2&prefix=J', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'],
])('the published signature of GET /%s', (query, signature) => {
  const url = new URL(`${bucket}/${query}`);
  const headers = signedHeaders(keys, { method: 'GET', url, payloadHash: emptyHash, atMs });
  expect(headers['authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
      `SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=${signature}`,
  );
  expect(headers['x-amz-date']).toBe('20130524T000000Z');
});

test('the published signature of a link', () => {
  const link = presignedUrl(keys, new URL(`${bucket}/test.txt`), { expiresInS: 86_400, atMs });
  expect(link).toMatch(/X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404$/);
});

test('everything but unreserved characters is escaped', () => {
  expect(strictEncode("a-b_c.d~e f/g!'()*+")).toBe('a-b_c.d~e%20f%2Fg%21%27%28%29%2A%2B');
});
