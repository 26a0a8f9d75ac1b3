import type { RecordingStatus } from '#src/core/record.ts';
import { type CatalogEntry, recordedRenditions } from './catalog.ts';
import { posterName, storyboardName } from './names.ts';
import type { StreamRecorder } from './recorder.ts';
import { discontinuitiesOf, durationOf } from './vod.ts';

/** A recording that grows; undefined before its first byte. */
export function activeStatus(key: string, recorder: StreamRecorder): RecordingStatus | undefined {
  const { writer, stream, problem } = recorder;
  const journal = writer?.journal;
  if (!journal) return undefined;
  return {
    stream,
    id: key.slice(key.indexOf('/') + 1),
    state: problem === undefined ? 'recording' : 'paused',
    startedAt: new Date(journal.head.startedWallMs).toISOString(),
    durationMs: Math.round(durationOf(journal)),
    bytes: writer.bytes,
    discontinuities: discontinuitiesOf(journal),
    renditions: recordedRenditions(journal),
    problem,
    download: { state: 'none', progress: 0 },
    poster: false,
    storyboard: false,
    upload: 'off',
  };
}

/** A recording that is complete. */
export function catalogStatus(
  entry: CatalogEntry,
  { download, upload }: Pick<RecordingStatus, 'download' | 'upload'>,
): RecordingStatus {
  const { stream, id, startedWallMs, durationMs, bytes, discontinuities, renditions, files } = entry;
  return {
    ...{ stream, id, bytes, discontinuities, renditions, download, upload },
    state: 'complete',
    startedAt: new Date(startedWallMs).toISOString(),
    durationMs: Math.round(durationMs),
    problem: undefined,
    poster: files.has(posterName),
    storyboard: files.has(storyboardName),
  };
}

/** What everybody may know of what is wrong: without names of machines and folders. */
export function publicProblems({ problem }: { readonly problem: string | undefined }): readonly string[] {
  const sentence = 'nothing can be written to record.directory now; GET /api/recordings says why (`problem`)';
  return problem === undefined ? [] : [sentence];
}
