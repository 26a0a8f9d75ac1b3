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

/** The fixed names of one stream. */
export function streamUrls({ server: base, hls }: Bases, stream: string): StreamUrls {
  return {
    whip: `${base}/whip/${stream}`,
    whep: `${base}/whep/${stream}`,
    hls: `${hls}/hls/${stream}/index.m3u8`,
    watch: `${base}/watch/${stream}`,
    publish: `${base}/publish/${stream}`,
  };
}
