import { join } from 'node:path';
import type { VodAnswer, VodRequest } from '#src/core/record.ts';
import type { Catalog } from './catalog.ts';
import { noSuchRecording, noSuchRecordingFile, recordingEmpty } from './failures.ts';
import type { Journal } from './journal.ts';
import { isMediaName, mediaName, multivariantName, recordingKey, renditionOfPlaylist } from './names.ts';
import { mediaPlaylistOf, multivariantOf } from './vod.ts';

/** Playlists that are kept: every player asks for the same few. */
const maxTexts = 128;

/** Playlists and media of recordings, complete or growing. */
export class Shelf {
  readonly #catalog: Catalog;
  readonly #growing: (key: string) => Journal | undefined;
  readonly #texts = new Map<string, { readonly segments: number; readonly text: string | undefined }>();

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
      const text = this.#text(`${key}/${name}`, journal, multivariantOf);
      if (text === undefined) throw recordingEmpty();
      return { is: 'playlist', text, immutable: !active };
    }
    const rendition = renditionOfPlaylist(name);
    if (rendition !== undefined) {
      const text = this.#text(`${key}/${name}`, journal, (of) => mediaPlaylistOf(of, rendition));
      if (text === undefined) throw noSuchRecordingFile();
      return { is: 'playlist', text, immutable: !active };
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

  #text(key: string, journal: Journal, render: (journal: Journal) => string | undefined): string | undefined {
    // A complete journal differs from the growing one with as many segments by its end.
    const segments = journal.end ? -1 - journal.segments.length : journal.segments.length;
    const known = this.#texts.get(key);
    if (known?.segments === segments) return known.text;
    const text = render(journal);
    this.#texts.delete(key);
    this.#texts.set(key, { segments, text });
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > maxTexts && oldest !== undefined) this.#texts.delete(oldest);
    return text;
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
