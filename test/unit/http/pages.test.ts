import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import express from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpConfig } from '#src/http/config.ts';
import { openPages } from '#src/http/pages.ts';

const server = createServer();
let base: string;
let overflowUrl: string | undefined;

beforeAll(async () => {
  const app = express().use(
    await openPages(httpConfig.parse({ hlsBaseUrl: 'https://cdn.example.org/a' }), () => overflowUrl),
  );
  server.on('request', (request: IncomingMessage, response: ServerResponse) => void app(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => server.close());

/** Addresses that a page or module makes a browser fetch. */
function fetchedBy(text: string, url: string): readonly string[] {
  const html = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)];
  const modules = [
    ...text.matchAll(/^\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm),
    ...text.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm),
  ];
  return [...html, ...modules].map((match) => new URL(match[1] ?? '', url).href);
}

test('everything that pages load, directly or through imports, is served, and nothing of src is asked for', async () => {
  const open = ['/', '/watch/a', '/publish/a', '/dashboard', '/assets/player/frontrow-player.ts'].map(
    (path) => base + path,
  );
  const seen = new Set(open);
  const missing: string[] = [];
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    const response = await fetch(url);
    if (response.status !== 200) missing.push(`${url} ${response.status}`);
    const text = await response.text();
    for (const next of fetchedBy(text, url)) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  expect(missing).toEqual([]);
  const paths = [...seen].map((url) => new URL(url).pathname);
  expect(paths.filter((path) => path.includes('/src/') || path.includes('/core/'))).toEqual([]);
  // A look that finds no imports would be content with anything.
  expect(paths).toContain('/assets/shared/peer-session.ts');
  expect(paths.length).toBeGreaterThan(30);
});

test('an asset that did not change is not sent again', async () => {
  const first = await fetch(`${base}/assets/shared/style.css`);
  await first.arrayBuffer();
  const tag = first.headers.get('etag') ?? '';
  expect(tag).toMatch(/^"[\w-]{16}"$/);
  const second = await fetch(`${base}/assets/shared/style.css`, { headers: { 'If-None-Match': tag } });
  expect(second.status).toBe(304);
});

test('a page may talk to this node, to the cache of LL-HLS and to the node that viewers are sent on to, and to nobody else', async () => {
  const allowed = async (): Promise<string> => {
    const policy = (await fetch(`${base}/watch/a`)).headers.get('Content-Security-Policy') ?? '';
    return /connect-src ([^;]*)/.exec(policy)?.[1] ?? '';
  };
  expect(await allowed()).toBe("'self' https://cdn.example.org");
  overflowUrl = 'https://second.example.org:8443/x';
  expect(await allowed()).toBe("'self' https://cdn.example.org https://second.example.org:8443");
});
