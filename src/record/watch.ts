import { relative, sep } from 'node:path';
import { watch } from 'chokidar';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import { isRecordingId, recordingKey } from './names.ts';

/** Hears which recordings operators moved, removed or put back. */
export interface FolderEvents {
  /** Files of this recording came, went or changed; it has been still for a moment. */
  changed(stream: StreamId, id: string): void;
  /** The whole folder went. */
  gone(stream: StreamId, id: string): void;
}

/** Copying takes many steps; a recording is looked at once it has been still this long. */
const settleMs = 300;
const maxPending = 10_000;

/** Follows `root/stream/id`; links are not followed. */
export async function watchRecordings(root: string, on: FolderEvents, log: Log): Promise<AsyncDisposable> {
  const life = new Lifetime();
  const pending = new Map<string, NodeJS.Timeout>();
  const settle = (stream: StreamId, id: string): void => {
    const key = recordingKey(stream, id);
    clearTimeout(pending.get(key));
    if (!pending.has(key) && pending.size >= maxPending) return;
    pending.set(
      key,
      setTimeout(() => {
        pending.delete(key);
        on.changed(stream, id);
      }, settleMs),
    );
  };
  const place = (path: string): readonly string[] => relative(root, path).split(sep);
  const watcher = watch(root, {
    ignoreInitial: true,
    followSymlinks: false,
    depth: 2,
    ignored: (path) => isForeign(place(path)),
  });
  life.defer(() => {
    for (const timer of pending.values()) clearTimeout(timer);
  });
  life.defer(() => watcher.close());
  watcher.on('all', (event, path) => {
    const [streamName = '', id = '', ...below] = place(path);
    const stream = parseStreamId(streamName);
    if (stream === undefined || !isRecordingId(id)) return;
    if (event === 'unlinkDir' && below.length === 0) on.gone(stream, id);
    else settle(stream, id);
  });
  let complained = false;
  watcher.on('error', (error) => {
    // One for each file, where the system allows no more watches.
    if (complained) return;
    complained = true;
    log.warn({ problem: String(error) }, 'the folder of the recordings cannot be watched');
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return { [Symbol.asyncDispose]: () => life.end() };
}

/** Neither the root nor the folder of a stream, nor a recording nor a file in it. */
function isForeign([stream = '', id, file, ...deeper]: readonly string[]): boolean {
  if (stream === '') return false;
  if (parseStreamId(stream) === undefined || deeper.length > 0) return true;
  if (id === undefined) return false;
  return !isRecordingId(id) || file?.includes('.part') === true;
}
