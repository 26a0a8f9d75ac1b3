import type { PlayerView } from './player-view.ts';
import { soundOnly } from './quality.ts';

/** What stands over the picture: nothing, a few words below it, or a whole curtain. */
export interface CurtainWords {
  readonly cover: 'none' | 'thin' | 'full';
  readonly title: string;
  readonly text: string;
}

/** Words for the picture area; `stream` is the stream's name. */
export function curtainWords(
  view: Pick<PlayerView, 'state' | 'tier' | 'problem' | 'quality'>,
  stream: string,
): CurtainWords {
  // A picture that stands still says more than a curtain: only words go over it.
  const cover = view.tier === undefined ? 'full' : 'thin';
  switch (view.state) {
    case 'playing':
      return view.quality?.chosen === soundOnly
        ? { cover: 'full', title: 'Audio only', text: 'The picture is off, as you chose.' }
        : { cover: 'none', title: '', text: '' };
    case 'idle':
    case 'joining':
      return { cover, title: 'Finding your seat…', text: '' };
    case 'connecting':
      return { cover, title: 'Opening the curtain…', text: '' };
    case 'waiting':
      return {
        cover,
        title: view.tier === undefined ? `“${stream}” is not live yet` : `“${stream}” is paused`,
        text:
          view.tier === undefined
            ? 'It starts here by itself as soon as somebody publishes it.'
            : 'The publisher is away. It goes on here by itself.',
      };
    case 'stalled':
      return { cover, title: 'Waiting for picture…', text: 'The connection is slow or was interrupted.' };
    case 'failed':
      return {
        // Nothing moves behind it any more, and often it is black.
        cover: 'full',
        title: view.problem?.what ?? 'Something went wrong.',
        text: view.problem?.remedy ?? '',
      };
    case 'stopped':
      return { cover: 'full', title: 'Stopped', text: 'Reload the page to watch again.' };
  }
}
