import { join } from 'node:path';
import type { VodAnswer, VodPlaylist, VodRequest } from '#src/core/record.ts';
import type { Catalog } from './catalog.ts';
import { noSuchRecording, noSuchRecordingFile, recordingEmpty } from './failures.ts';
import type { Journal } from './journal.ts';
import { isMediaName, mediaName, multivariantName, recordingKey, renditionOfPlaylist } from './names.ts';
import { VodTexts } from './vod-texts.ts';
import { mediaPlaylistOf, multivariantOf } from './vod.ts';

/** Playlists and media of recordings, complete or growing. */
export class Shelf {
  readonly #catalog: Catalog;
  readonly #growing: (key: string) => Journal | undefined;
  readonly #texts = new VodTexts();

  constructor(catalog: Catalog, growing: (key: string) => Journal | undefined) {
    this.#catalog = catalog;
    this.#growing = growing;
  }

  /** Throws `no-such-recording`, `no-such-recording-file`, `recording-empty`. */
  async open({ stream, id, name }: VodRequest, active: boolean): Promise<VodAnswer> {
    const key = recordingKey(stream, id);
    const journal = active ? this.#growing(key) : await this.#catalog.journal(stream, id);
    if (!journal) throw noSuchRecording();
    if (name === multivariantName) {
      const playlist = this.#playlist(`${key}/${name}`, journal, multivariantOf);
      if (playlist === undefined) throw recordingEmpty();
      return { is: 'playlist', playlist, immutable: !active };
    }
    const rendition = renditionOfPlaylist(name);
    if (rendition !== undefined) {
      const playlist = this.#playlist(`${key}/${name}`, journal, (of) => mediaPlaylistOf(of, rendition));
      if (playlist === undefined) throw noSuchRecordingFile();
      return { is: 'playlist', playlist, immutable: !active };
    }
    const sound = isMediaName(name) ? soundOf(journal, name) : undefined;
    if (!sound || !(await this.#catalog.isPlain(stream, id))) throw noSuchRecordingFile();
    const path = join(this.#catalog.folder(stream, id), name);
    const { kind, sizeBytes } = sound;
    return {
      is: 'file',
      file: {
        path,
        type: kind === 'text' ? 'text/vtt; charset=utf-8' : `${kind}/mp4`,
        immutable: !active,
        saveAs: undefined,
        sizeBytes,
      },
    };
  }

  #playlist(
    key: string,
    journal: Journal,
    render: (journal: Journal) => string | undefined,
  ): VodPlaylist | undefined {
    const { inits, segments, end } = journal;
    const state = `${inits.length} ${segments.length} ${end === undefined ? 'growing' : 'complete'}`;
    return this.#texts.get(key, state, () => render(journal));
  }
}

/** How much of a media file is whole, and what it is; undefined for files that the journal does not know. */
function soundOf(
  { inits, segments }: Journal,
  name: string,
): { readonly kind: string; readonly sizeBytes: number } | undefined {
  const init = inits.findLast(({ rendition, stretch }) => mediaName(rendition, stretch) === name);
  if (!init) return undefined;
  const last = segments.findLast(
    ({ rendition, stretch }) => rendition === init.rendition && stretch === init.stretch,
  );
  return { kind: init.kind, sizeBytes: last ? last.offset + last.bytes : init.bytes };
}
