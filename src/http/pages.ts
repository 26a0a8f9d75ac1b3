import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type RequestHandler, Router } from 'express';
import type { HttpConfig } from './config.ts';

/** A file ready to be sent: read, stripped of its types and compressed once, at start. */
interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
}

const publicFolder = fileURLToPath(new URL('../../public', import.meta.url));
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
};

/** Which page answers which path; the pages read the stream's name from the address bar. */
const pages: readonly (readonly [path: string, file: string])[] = [
  ['/', 'front/index.html'],
  ['/watch/:stream', 'watch/index.html'],
  ['/publish', 'publish/index.html'],
  ['/publish/:stream', 'publish/index.html'],
  ['/dashboard', 'dashboard/index.html'],
];

/** Nothing from elsewhere but the media, when a CDN carries it, and the node that viewers are sent on to. */
function contentSecurityPolicy(hlsBaseUrl: string | undefined, overflowUrl: string | undefined): string {
  const media = originOf(hlsBaseUrl);
  return [
    "default-src 'self'",
    `connect-src 'self'${media}${originOf(overflowUrl)}`,
    `media-src 'self' blob:${media}`,
    "worker-src 'self' blob:",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
}

function originOf(url: string | undefined): string {
  return url === undefined ? '' : ` ${new URL(url).origin}`;
}

/**
 * The pages and what they load; `overflowUrl` may change while they are served. Requests only look names up in a table made at start, so no path reaches the disk.
 * TypeScript is served as JavaScript by stripping its types: there is no build step.
 */
export async function openPages(
  { hlsBaseUrl }: HttpConfig,
  overflowUrl: () => string | undefined,
): Promise<Router> {
  const assets = await readAssets(publicFolder);
  const hls = fileURLToPath(import.meta.resolve('hls.js/dist/hls.mjs'));
  assets.set('vendor/hls.mjs', toAsset('.mjs', await readFile(hls)));

  const router = Router({ caseSensitive: true });
  for (const [path, file] of pages) {
    const asset = assets.get(file);
    if (!asset) throw new Error(`public/${file} is missing`);
    router.get(path, (request, response, next) => {
      response.setHeader('Content-Security-Policy', contentSecurityPolicy(hlsBaseUrl, overflowUrl()));
      response.setHeader('Referrer-Policy', 'no-referrer');
      void send(asset)(request, response, next);
    });
  }
  const favicon = assets.get('shared/favicon.svg');
  if (favicon) router.get('/favicon.ico', send(favicon));
  router.get(['/assets/*file', '/vendor/hls.mjs'], (request, response, next) => {
    const asset = assets.get(request.path.replace(/^\/assets\//, '').replace(/^\//, ''));
    if (asset) void send(asset)(request, response, next);
    else next();
  });
  return router;
}

function send({ type, etag, plain, gzip }: Asset): RequestHandler {
  return (request, response) => {
    response.set({
      'Content-Type': type,
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      ETag: etag,
    });
    response.vary('Accept-Encoding');
    if (request.headers['if-none-match'] === etag) {
      response.status(304).end();
      return;
    }
    const zipped = request.acceptsEncodings('gzip') === 'gzip';
    if (zipped) response.setHeader('Content-Encoding', 'gzip');
    response.end(zipped ? gzip : plain);
  };
}

async function readAssets(folder: string): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const extension = extname(entry.name);
    if (!entry.isFile() || !(extension in types)) continue;
    const path = join(entry.parentPath, entry.name);
    assets.set(relative(folder, path).split(sep).join('/'), toAsset(extension, await readFile(path)));
  }
  return assets;
}

function toAsset(extension: string, file: Buffer): Asset {
  const plain = extension === '.ts' ? Buffer.from(stripTypeScriptTypes(file.toString('utf8'))) : file;
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 16)}"`;
  return { type: types[extension] ?? 'application/octet-stream', etag, plain, gzip: gzipSync(plain) };
}
