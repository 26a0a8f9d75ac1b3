import { hlsFolderName } from '#src/core/hls-folder.ts';
import type { BroadcastPass } from '#src/core/pass-desk.ts';
import type { RecordingStatus } from '#src/core/record.ts';

/** Where one stream is published and watched. */
export interface StreamUrls {
  readonly whip: string;
  readonly whep: string;
  readonly hls: string;
  readonly watch: string;
  readonly publish: string;
}

/** Where this server is reached, and where viewers fetch LL-HLS: a CDN, or this server too. */
export interface Bases {
  readonly server: string;
  readonly hls: string;
}

/** A folder under /hls/ by its name, with the slash at the end. */
export function hlsFolderUrl({ hls }: Pick<Bases, 'hls'>, folder: string): string {
  return `${hls}/hls/${folder}/`;
}

/** The multivariant playlist for who has a pass; everything that it names is relative to it. */
export function hlsPassUrl(
  { hls }: Pick<Bases, 'hls'>,
  { path, folder }: Pick<BroadcastPass, 'path' | 'folder'>,
): string {
  return `${hls}/hls/t/${path}/${folder}/index.m3u8`;
}

/** A folder with the recordings of a stream, with the slash at the end; for who has a pass, when it is named. */
export function vodFolderUrl({ server }: Pick<Bases, 'server'>, stream: string, pass?: string): string {
  return `${server}/vod/${pass === undefined ? '' : `t/${pass}/`}${stream}/`;
}

/** What there is of one recording; `folder` as {@link vodFolderUrl} gives it. */
export function recordingUrls(
  folder: string,
  { id, state, poster, storyboard }: Pick<RecordingStatus, 'id' | 'state' | 'poster' | 'storyboard'>,
): Readonly<Record<string, string>> {
  const base = `${folder}${id}`;
  return {
    playlist: `${base}/index.m3u8`,
    ...(state === 'complete' && { mp4: `${base}.mp4` }),
    ...(poster && { poster: `${base}/poster.jpg` }),
    ...(storyboard && { storyboard: `${base}/storyboard.vtt` }),
  };
}

/** The fixed names of one stream; LL-HLS up to this height. */
export function streamUrls({ server: base, hls }: Bases, stream: string, maxHeight?: number): StreamUrls {
  return {
    whip: `${base}/whip/${stream}`,
    whep: `${base}/whep/${stream}`,
    hls: `${hlsFolderUrl({ hls }, hlsFolderName(stream, maxHeight))}index.m3u8`,
    watch: `${base}/watch/${stream}`,
    publish: `${base}/publish/${stream}`,
  };
}
