/** Where one stream is published and watched. */
export interface StreamUrls {
  readonly whip: string;
  readonly whep: string;
  readonly hls: string;
  readonly watch: string;
  readonly publish: string;
}

/** The fixed names of this server, below `base`. */
export function streamUrls(base: string, stream: string): StreamUrls {
  return {
    whip: `${base}/whip/${stream}`,
    whep: `${base}/whep/${stream}`,
    hls: `${base}/hls/${stream}/index.m3u8`,
    watch: `${base}/watch/${stream}`,
    publish: `${base}/publish/${stream}`,
  };
}
