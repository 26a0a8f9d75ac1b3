import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where a certificate that was made for a test is. */
export interface MadeCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Has openssl make a certificate for localhost that vouches for itself. */
export async function makeCertificate(folder: string, name: string): Promise<MadeCertificate> {
  const made = { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', made.keyFile, '-out', made.certFile];
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...files], {
    timeout: 20_000,
  });
  return made;
}
