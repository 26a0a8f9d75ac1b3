import { systemClock } from '#src/core/clock.ts';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { StreamPackager } from '#src/hls/packager.ts';
import type { Rendition } from '#src/hls/rendition.ts';
import { readMediaPlaylist, type ReadPlaylist } from './hls-reader.ts';
import { hearing } from './hls-rig.ts';
import { checkPlaylist } from './hls-rules.ts';

/** Packagers without HTTP, which a test ends together. */
export class Packagers implements AsyncDisposable {
  /** What was warned about since the last look. */
  readonly warnings: string[] = [];
  readonly #opened: StreamPackager[] = [];

  open(settings: Partial<HlsConfig> = {}): StreamPackager {
    const deps = { clock: systemClock, log: hearing(this.warnings) };
    const packager = new StreamPackager(deps, hlsConfig.parse(settings));
    this.#opened.push(packager);
    return packager;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const packager of this.#opened.splice(0)) await packager[Symbol.asyncDispose]();
  }
}

/** A rendition that must be there. */
export function renditionOf(packager: StreamPackager, id: string): Rendition {
  const rendition = packager.rendition(id);
  if (!rendition) throw new Error(`${id} has no part`);
  return rendition;
}

/** The playlist as text. */
export function textOf(packager: StreamPackager, id: string): string {
  return Buffer.from(renditionOf(packager, id).playlist(false).plain).toString();
}

/** The playlist; throws when it breaks a rule that one playlist can break. */
export function read(packager: StreamPackager, id: string): ReadPlaylist {
  const playlist = readMediaPlaylist(textOf(packager, id));
  const broken: string[] = [];
  checkPlaylist(playlist, (rule, holds, detail = '') => {
    if (!holds) broken.push(`${rule}: ${detail}`);
  });
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return playlist;
}
