import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { SessionLayers } from '#public/player/session-layers.ts';

const never = new AbortController().signal;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const told = {
  mediaId: '1',
  wish: { maxHeight: 400 },
  active: [
    { rid: 'f', bitrate: 900, width: 1280, height: 720, layers: [] },
    { rid: 'h', bitrate: 300, width: 640, height: 360, layers: [] },
    { rid: 'q', bitrate: 100, width: 320, height: 180, layers: [] },
  ],
};

async function resource(status = 200): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(`${request.method ?? ''} ${request.headers.authorization ?? ''} ${body}`);
      const isRefused = request.method === 'POST' && status !== 200;
      response.writeHead(isRefused ? status : 200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(isRefused ? { code: 'unknown-layer', detail: 'gone' } : told));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/layer`, seen };
}

it('learns what there is and what the token allows, and chooses with the session’s token', async () => {
  const { url, seen } = await resource();
  const layers = new SessionLayers({ url, token: 'secret' }, true);
  expect(layers.view.options).toHaveLength(1);
  await layers.load(never);
  expect(layers.view.options.map(({ id }) => id)).toEqual(['auto', 'rid:h', 'rid:q', 'off']);
  expect(layers.view.limit).toMatch(/400 lines/);
  await layers.choose('rid:q', never);
  expect(layers.view.chosen).toBe('rid:q');
  await layers.choose('rid:f', never);
  expect(layers.view.chosen).toBe('rid:q');
  expect(seen).toEqual(['GET Bearer secret ', 'POST Bearer secret {"rid":"q"}']);
});

it('keeps what was chosen before when the gateway refuses', async () => {
  const { url } = await resource(400);
  const layers = new SessionLayers({ url }, true);
  await layers.load(never);
  await expect(layers.choose('off', never)).rejects.toThrow('gone');
  expect(layers.view.chosen).toBe('auto');
});
