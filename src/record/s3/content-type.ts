const byExtension: Readonly<Record<string, string>> = {
  m3u8: 'application/vnd.apple.mpegurl',
  mp4: 'video/mp4',
  vtt: 'text/vtt; charset=utf-8',
  jpg: 'image/jpeg',
  jsonl: 'application/jsonl',
};
/** Renditions of sound are named so. */
const sound = /(?:^|\/)a\d*_\d+\.mp4$/;

/** Content-Type of an object: the store hands it to players as it is. */
export function contentTypeOf(key: string): string {
  if (sound.test(key)) return 'audio/mp4';
  return byExtension[key.slice(key.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}
