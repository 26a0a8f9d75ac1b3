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

/** Folder of a stream's LL-HLS, with the slash at the end. */
export function hlsFolder({ hls }: Pick<Bases, 'hls'>, stream: string): string {
  return `${hls}/hls/${stream}/`;
}

/** The multivariant playlist for who has a pass; everything that it names is relative to it. */
export function hlsPassUrl({ hls }: Pick<Bases, 'hls'>, stream: string, passPath: string): string {
  return `${hls}/hls/t/${passPath}/${stream}/index.m3u8`;
}

/** The fixed names of one stream. */
export function streamUrls({ server: base, hls }: Bases, stream: string): StreamUrls {
  return {
    whip: `${base}/whip/${stream}`,
    whep: `${base}/whep/${stream}`,
    hls: `${hlsFolder({ hls }, stream)}index.m3u8`,
    watch: `${base}/watch/${stream}`,
    publish: `${base}/publish/${stream}`,
  };
}
