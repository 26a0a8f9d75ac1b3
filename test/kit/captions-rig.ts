import type { Clock } from '#src/core/clock.ts';
import type { SegmentSpool } from '#src/core/record.ts';
import type { CaptionWish } from '#src/core/timed-text.ts';
import { hlsConfig, type HlsConfig } from '#src/hls/config.ts';
import { StreamPackager } from '#src/hls/packager.ts';
import type { ServedRendition } from '#src/hls/served.ts';
import { silentLog } from '#src/core/log.ts';
import { readMediaPlaylist, type ReadPlaylist } from './hls-reader.ts';
import { readVtt } from './webvtt-reader.ts';
import type { PlacedVtt } from './hls-captions-rules.ts';

/** A packager whose wall clock a test sets. */
export interface CaptionsRig extends AsyncDisposable {
  readonly packager: StreamPackager;
  readonly clock: { wallMs: number };
}

/** Opens a packager with the settings; a stream that is called as every pattern says. */
export function openCaptionsRig(
  settings: Partial<HlsConfig> = {},
  { wallMs = 0, spool }: { readonly wallMs?: number; readonly spool?: SegmentSpool } = {},
): CaptionsRig {
  const clock = { wallMs };
  const time: Clock = { nowMs: () => clock.wallMs, wallMs: () => clock.wallMs };
  const packager = new StreamPackager(
    {
      ...{ clock: time, log: silentLog, matches: () => true },
      sinks: () => ({ listener: undefined, spool }),
    },
    hlsConfig.parse({ partTargetMs: 250, ...settings }),
  );
  return { packager, clock, [Symbol.asyncDispose]: () => packager[Symbol.asyncDispose]() };
}

/** A caption by the wall clock. */
export function caption(startMs: number, endMs: number, more: Partial<CaptionWish> = {}): CaptionWish {
  return {
    ...{ id: undefined, language: 'en', text: 'words', place: {} },
    start: { wallMs: startMs },
    end: { wallMs: endMs },
    ...more,
  };
}

/** Whatever is served under a name. */
export function served(packager: StreamPackager, id: string): ServedRendition {
  const rendition = packager.served(id);
  if (!rendition) throw new Error(`${id} is not there`);
  return rendition;
}

/** A playlist, read. */
export function playlistOf(packager: StreamPackager, id: string): ReadPlaylist {
  return readMediaPlaylist(Buffer.from(served(packager, id).playlist(false).plain).toString());
}

/** Every complete segment whose parts are there too, with its parts. */
export function cuesOf(
  packager: StreamPackager,
  id: string,
): readonly { readonly msn: number; readonly segment: PlacedVtt; readonly parts: readonly PlacedVtt[] }[] {
  const rendition = served(packager, id);
  return rendition.window.segments.flatMap((segment) => {
    const whole = rendition.whole?.(segment.name);
    if (!whole || segment.parts.length === 0) return [];
    let startMs = segment.startMs;
    const parts = segment.parts.map((part): PlacedVtt => {
      const endMs =
        part === segment.parts.at(-1) ? segment.startMs + segment.durationMs : startMs + part.listedMs;
      const placed = { vtt: readVtt(Buffer.from(part.bytes).toString()), startMs, endMs };
      startMs = endMs;
      return placed;
    });
    const vtt = readVtt(Buffer.from(whole).toString());
    return [{ msn: segment.msn, segment: { vtt, startMs: segment.startMs, endMs: startMs }, parts }];
  });
}
