import type { RecordConfig } from '#src/record/config.ts';
import { S3Store } from './store.ts';

/** The object store that the settings name; undefined without. */
export function storeOf(config: RecordConfig): S3Store | undefined {
  const { s3Endpoint: endpoint, s3Bucket: bucket, s3AccessKeyId, s3SecretAccessKey } = config;
  if (endpoint === undefined || bucket === undefined) return undefined;
  if (s3AccessKeyId === undefined || s3SecretAccessKey === undefined) return undefined;
  const { s3Region: region, s3Prefix: prefix, s3PartBytes: partBytes } = config;
  const keys = { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey, region };
  return new S3Store({ ...keys, endpoint, bucket, prefix, partBytes });
}
