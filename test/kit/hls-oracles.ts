import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { parse, types } from 'hls-parser';
import { createFile, MP4BoxBuffer } from 'mp4box';
import { TrackReader } from '#src/hls/samples.ts';
import { exchange } from './hls-http.ts';
import { readMediaPlaylist } from './hls-reader.ts';
import type { Findings } from './hls-walker.ts';

/** What one rendition has of one life of the encoder, as one file. */
export interface Stretch {
  readonly name: string;
  readonly bytes: Buffer;
  readonly samples: number;
}

/** Fetches every listed segment behind the init segment that it needs. */
export async function stretchesOf({ playlists }: Findings): Promise<readonly Stretch[]> {
  const stretches: Stretch[] = [];
  for (const [url, playlist] of playlists) {
    const listed = readMediaPlaylist(playlist).segments.filter(({ gap, uri }) => !gap && uri !== undefined);
    for (const [map, segments] of Map.groupBy(listed, (segment) => segment.map)) {
      const files = [map, ...segments.map(({ uri }) => uri ?? '')].map((name) => new URL(name, url).href);
      const bodies: Buffer[] = [];
      for (const file of files) bodies.push((await exchange(file)).body);
      const bytes = Buffer.concat(bodies);
      stretches.push({ name: map, bytes, samples: samplesIn(bytes) });
    }
  }
  return stretches;
}

function samplesIn(bytes: Uint8Array): number {
  let samples = 0;
  new TrackReader({ init: () => undefined, sample: () => (samples += 1) }).push(bytes);
  return samples;
}

/**
 * What hls-parser has to say against playlists; it counts three segments where section 6.2.2 says three target durations, and
 * does not know that parts which are gaps, and those in front of them, may be short (section 4.4.4.9).
 */
export function complaintsOfHlsParser({ multivariant, playlists }: Findings): readonly string[] {
  const said: string[] = [];
  const told = console.error;
  console.error = (...words: readonly unknown[]) => void said.push(words.join(' '));
  try {
    if (!(parse(multivariant) instanceof types.MasterPlaylist)) said.push('no multivariant playlist');
    for (const [url, playlist] of playlists)
      if (!(parse(withoutGapParts(playlist)) instanceof types.MediaPlaylist))
        said.push(`${url} is no media playlist`);
  } finally {
    console.error = told;
  }
  const mistaken = /Remove EXT-X-PART tags from the Playlist after they are greater than three/;
  return said.filter((line) => !mistaken.test(line));
}

/** Parts that are gaps left out, and those in front of them marked as what may be short for it, too. */
function withoutGapParts(playlist: string): string {
  return playlist
    .replaceAll(/^(#EXT-X-PART:(?:(?!INDEPENDENT|GAP).)*)(?=\n#EXT-X-PART:.*GAP=YES)/gm, '$1,INDEPENDENT=YES')
    .replaceAll(/^#EXT-X-PART:.*GAP=YES.*\n/gm, '');
}

/** Samples that mp4box finds. */
export function samplesByMp4box({ bytes }: Stretch): number {
  const file = createFile();
  let trackId = 0;
  file.onReady = ({ tracks }) => (trackId = tracks[0]?.id ?? 0);
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0), true);
  file.flush();
  return file.getTrackSamplesInfo(trackId).length;
}

/** What ffprobe counts in a file, as bytes or at a URL, stream by stream, and what it complains of. */
export async function countedByFfprobe(input: Uint8Array | string): Promise<{
  readonly packets: readonly number[];
  readonly frames: readonly number[];
  readonly complaints: string;
}> {
  const what = ['-count_packets', '-count_frames', '-show_entries', 'stream=nb_read_packets,nb_read_frames'];
  const args = ['-v', 'error', ...what, '-of', 'json', typeof input === 'string' ? input : '-'];
  const child = spawn('ffprobe', args, { stdio: 'pipe', timeout: 60_000 });
  child.stdin.end(typeof input === 'string' ? undefined : input);
  const [stdout, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  interface Counted {
    readonly streams?: readonly { readonly nb_read_packets?: string; readonly nb_read_frames?: string }[];
  }
  const { streams = [] } = JSON.parse(stdout || '{}') as Counted;
  return {
    packets: streams.map((stream) => Number(stream.nb_read_packets)),
    frames: streams.map((stream) => Number(stream.nb_read_frames)),
    complaints,
  };
}
