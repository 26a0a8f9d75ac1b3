import type { SoundChoice } from '#src/core/cmaf.ts';
import type { TrackKind } from '#src/core/media.ts';
import type { ServedRendition } from '../served.ts';
import type { MediaWindow } from '../window.ts';

/** What DASH needs of a rendition of the encoder. */
export interface DashTrack extends Pick<ServedRendition, 'id' | 'timing' | 'init'> {
  readonly kind: TrackKind;
  /** Which of several sounds; undefined for one of which nothing is said. */
  readonly sound?: SoundChoice | undefined;
  readonly window: Pick<
    MediaWindow,
    'segments' | 'open' | 'ended' | 'everyIndependent' | 'bitrates' | 'reachMs'
  >;
  /** Name of the segment after the newest one, if the run goes on; undefined after the end. */
  readonly nextSegmentName: string | undefined;
}
