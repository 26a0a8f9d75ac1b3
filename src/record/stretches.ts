import type { Journal } from './journal.ts';
import { mediaName } from './names.ts';
import { renditionsOf } from './vod.ts';

/** Media between two discontinuities, best picture and first sound. */
export interface Stretch {
  readonly video: string | undefined;
  readonly audio: string | undefined;
  readonly durationMs: number;
}

/** The stretches of a recording in order; those without media are left out. */
export function stretchesOf(journal: Journal): readonly Stretch[] {
  const renditions = renditionsOf(journal);
  const top = (kind: 'video' | 'audio'): string | undefined =>
    renditions.find((rendition) => rendition.kind === kind)?.rendition;
  const [video, audio] = [top('video'), top('audio')];
  const lengths = new Map<string, number>();
  for (const { rendition, stretch, durationMs, gap } of journal.segments) {
    if (gap) continue;
    const file = mediaName(rendition, stretch);
    lengths.set(file, (lengths.get(file) ?? 0) + durationMs);
  }
  const numbers = [...new Set(journal.segments.map(({ stretch }) => stretch))].toSorted((a, b) => a - b);
  return numbers.flatMap((number) => {
    const file = (rendition: string | undefined): string | undefined => {
      const name = rendition === undefined ? undefined : mediaName(rendition, number);
      return name !== undefined && lengths.has(name) ? name : undefined;
    };
    const found = { video: file(video), audio: file(audio) };
    const durationMs = lengths.get(found.video ?? found.audio ?? '') ?? 0;
    return durationMs > 0 ? [{ ...found, durationMs }] : [];
  });
}

/** A list for FFmpeg's concat demuxer. */
export function concatList(files: readonly { readonly name: string; readonly durationMs: number }[]): string {
  const lines = files.flatMap(({ name, durationMs }) => [
    `file '${name}'`,
    `duration ${(durationMs / 1000).toFixed(5)}`,
  ]);
  return `ffconcat version 1.0\n${lines.join('\n')}\n`;
}
