import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hlsConfig } from '#src/hls/config.ts';
import { type Answer, exchange } from './hls-http.ts';

/** Whether a cache asked about a pass here. */
export const isVerdict = (target: string): boolean => /^\/hls\/t\/[^/]+\/[^/]+\/pass$/.test(target);

/** The cache in front is `edge`; there is another one. */
export const steeredToTwo = hlsConfig.parse({
  steering: {
    pathways: [
      { id: 'edge', baseUrl: 'https://one.example' },
      { id: 'two', baseUrl: 'https://two.example' },
    ],
    priority: ['two'],
  },
}).steering;

/** Folder of the media playlists that a multivariant playlist names, below the stream. */
export const folderOf = (multivariant: Answer): string =>
  /^([\w-]+)\/v0\.m3u8$/m.exec(multivariant.body.toString())?.[1] ?? '';

/** Where a media playlist stands: its last part, and the segment that this is in. */
export function lastPart(text: string): { readonly msn: number; readonly part: number } {
  const report = /#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text);
  const ended = text.match(/#EXTINF/g)?.length ?? 0;
  const behind = text.slice(text.lastIndexOf('#EXTINF'));
  return { msn: Number(report?.[1]) + ended, part: (behind.match(/#EXT-X-PART:/g)?.length ?? 0) - 1 };
}

/** A request for a target as its bytes are: URL would take dots out of the path. */
export function exchangeRaw(base: string, target: string): Promise<Answer> {
  return exchange(base, { path: target });
}

/** Runs what docs/cdn.md says, or its first line alone, for a folder behind a cache; what was printed. */
export async function docsCommands(
  cdn: string,
  folder: string,
  { first = false } = {},
): Promise<readonly string[]> {
  const docs = await readFile(new URL('../../docs/cdn.md', import.meta.url), 'utf8');
  const [, block = ''] = /## See that it works[^]*?```\n([^]*?)```/.exec(docs) ?? [];
  const [line = ''] = block.split('\n');
  const script = (first ? `${line}\necho $M` : block).replaceAll('NAME', folder);
  const { stdout } = await promisify(execFile)('bash', ['-c', script], {
    env: { ...process.env, CDN: cdn },
    timeout: 30_000,
  });
  return stdout.split(/\r?\n/).filter((printed) => printed !== '');
}
