import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { VodPlaylist } from '#src/core/record.ts';

const compress = promisify(gzip);

interface Kept {
  readonly state: string;
  readonly playlist: VodPlaylist | undefined;
  readonly bytes: number;
}

/** Every player asks for the same few playlists; one of a whole day is some megabytes. */
const usualLimits = { playlists: 128, bytes: 64 * 1024 * 1024 } as const;

/** Playlists of recordings since their last change: each is written and compressed once, for the first who asks. Bounded. */
export class VodTexts {
  readonly #kept = new Map<string, Kept>();
  readonly #limits: { readonly playlists: number; readonly bytes: number };
  #bytes = 0;

  constructor(limits: { readonly playlists: number; readonly bytes: number } = usualLimits) {
    this.#limits = limits;
  }

  /** The playlist called `key` as of `state`; undefined where `write` has none. */
  get(key: string, state: string, write: () => string | undefined): VodPlaylist | undefined {
    const known = this.#kept.get(key);
    if (known?.state === state) return known.playlist;
    const text = write();
    this.#remove(key);
    const playlist = text === undefined ? undefined : made(text);
    const bytes = playlist?.plain.length ?? 0;
    this.#kept.set(key, { state, playlist, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#limits.playlists && this.#bytes <= this.#limits.bytes) break;
      this.#remove(oldest);
    }
    return playlist;
  }

  #remove(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

/** Compressed beside the event loop: that of a long recording takes tens of milliseconds. */
function made(text: string): VodPlaylist {
  const plain = Buffer.from(text);
  let zipped: Promise<Uint8Array> | undefined;
  return {
    plain,
    gzip: () => (zipped ??= compress(plain, { level: 6 })),
    etag: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
  };
}
