import { exchange } from './hls-http.ts';
import { openServer } from './hls-rig.ts';
import { walkLiveStream, type Findings, type WalkOptions } from './hls-walker.ts';

/** What a faulty server makes of an answer. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  text: string;
  readonly path: string;
}
/** Spoils answers. */
export type Fault = (reply: Reply) => unknown;

/** Walks the stream `live` of a good origin through a proxy that spoils its answers. */
export async function walkWith(base: string, fault: Fault, options: WalkOptions = {}): Promise<Findings> {
  await using proxy = await openServer((request, response) => {
    const { method = 'GET', url: path = '', headers: asked } = request;
    const headers = {
      'accept-encoding': 'identity',
      ...(asked.range !== undefined && { range: asked.range }),
    };
    void exchange(`${base}${path}`, { method, headers }).then((answer) => {
      const kept = Object.entries(answer.headers).filter(
        ([name]) => !/^(connection|keep-alive|transfer)/.test(name),
      );
      const reply: Reply = {
        status: answer.status,
        headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
        text: answer.body.toString('latin1'),
        path,
      };
      fault(reply);
      const body = Buffer.from(reply.text, 'latin1');
      if (method !== 'HEAD') reply.headers['content-length'] = String(body.length);
      response.writeHead(reply.status, reply.headers).end(method === 'HEAD' ? undefined : body);
    });
  });
  return await walkLiveStream(`${proxy.base}/hls/live/index.m3u8`, { parts: 3, seconds: 10, ...options });
}

/** Replaces what playlists say whose path matches. */
export function inPlaylists(pattern: RegExp, replacement: string, paths = /[av]0\.m3u8/): Fault {
  return (reply) => {
    if (paths.test(reply.path)) reply.text = reply.text.replace(pattern, replacement);
  };
}
