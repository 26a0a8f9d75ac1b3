import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';

/** Serves the page of browser clients. */
export interface InteropPages extends AsyncDisposable {
  readonly url: string;
}

const page = `<!doctype html>
<meta charset="utf-8" />
<title>Clients</title>
<link rel="icon" href="data:," />
<script type="module" src="/interop.js"></script>
<video playsinline width="640" height="360"></video>
`;

/** Bundles the page, because some of the clients are CommonJS with dependencies of their own, and serves it on loopback. */
export async function serveInteropPages(): Promise<InteropPages> {
  const script = await bundle('pages/interop.ts');
  const hls = await readFile(fileURLToPath(import.meta.resolve('hls.js/dist/hls.mjs')), 'utf8');
  const assets = new Map([
    ['/', ['text/html', page]],
    ['/interop.js', ['text/javascript', script]],
    ['/vendor/hls.mjs', ['text/javascript', hls]],
  ] as const);
  const server = createServer(({ url = '/' }, response) => {
    const [type, body] = assets.get(url as '/') ?? [];
    if (type === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bundle(entry: string): Promise<string> {
  const input = fileURLToPath(new URL(entry, import.meta.url));
  await using built = await rolldown({ input, platform: 'browser', logLevel: 'silent' });
  const { output } = await built.generate({ format: 'esm', codeSplitting: false });
  return output[0].code;
}
