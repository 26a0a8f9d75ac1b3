import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { stripTypeScriptTypes } from 'node:module';

/** Serves the rig's pages, on loopback unless told otherwise. */
export interface PageServer extends AsyncDisposable {
  /** For example http://127.0.0.1:40123. */
  readonly origin: string;
}

const root = new URL('../../', import.meta.url);
const folders = { '/kit/': 'test/kit/', '/public/': 'public/' } as const;
const players: Readonly<Record<string, string>> = {
  '/vendor/hls.mjs': 'node_modules/hls.js/dist/hls.mjs',
  '/vendor/shaka.js': import.meta.resolve('shaka-player/dist/shaka-player.compiled.js'),
};
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Serves `test/kit` as /kit/, `public` as /public/ and players as /vendor/; TypeScript goes out as JavaScript. */
export async function servePages(address = '127.0.0.1'): Promise<PageServer> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', response);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${address}:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(url: string, response: ServerResponse): Promise<void> {
  const file = fileOf(new URL(url, 'http://rig').pathname);
  const text = file && (await readFile(file, 'utf8').catch(() => undefined));
  if (text === undefined) {
    response.writeHead(404).end();
    return;
  }
  const extension = extname(file?.pathname ?? '');
  const body = extension === '.ts' ? stripped(text) : text;
  response.writeHead(200, { 'Content-Type': types[extension] ?? 'text/plain', 'Cache-Control': 'no-store' });
  response.end(body);
}

const strippedTexts = new Map<string, string>();

/** Every page loads the same files, a few dozen at most. */
function stripped(text: string): string {
  const kept = strippedTexts.get(text) ?? stripTypeScriptTypes(text);
  strippedTexts.set(text, kept);
  return kept;
}

/** URL normalisation has resolved every `..`, so a path cannot leave its folder. */
function fileOf(path: string): URL | undefined {
  const player = players[path];
  if (player !== undefined) return new URL(player, root);
  for (const [prefix, folder] of Object.entries(folders)) {
    if (path.startsWith(prefix)) return new URL(folder + path.slice(prefix.length), root);
  }
  return undefined;
}
