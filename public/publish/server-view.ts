import { asksForToken } from '../shared/access-words.ts';
import { getJson } from '../shared/api.ts';
import type { StreamView } from '../shared/api-types.ts';
import { byId, setText } from '../shared/dom.ts';
import { showFacts } from '../shared/fact-list.ts';
import type { Fact } from '../shared/facts.ts';
import { formatBitrate } from '../shared/format.ts';
import { rememberedToken } from '../shared/page-token.ts';
import { SignallingError } from '../shared/signalling.ts';

/** Asks the API about a stream, as long as it answers: publishers need not be operators. */
export class ServerView {
  #mayAsk = true;

  /** The stream as the gateway sees it; undefined when it has none of this name, or does not tell. */
  async read(stream: string, signal: AbortSignal): Promise<StreamView | undefined> {
    if (!this.#mayAsk) return undefined;
    try {
      const operator = rememberedToken('operate');
      // The list, because it answers also when nobody publishes this stream.
      const { value } = await getJson<{ streams: readonly StreamView[] }>('/api/streams', signal, operator);
      return value.streams.find(({ id }) => id === stream);
    } catch (error) {
      if (error instanceof SignallingError && asksForToken(error)) this.#mayAsk = false;
      return undefined;
    }
  }
}

/** Shows a stream as the gateway sees it. */
export function showServerView(stream: StreamView): void {
  const video = stream.tracks.find((track) => track.kind === 'video');
  const layers = stream.tracks.flatMap((track) => track.layers);
  const problem = stream.bridge?.problem ?? '';
  const sizes = video?.layers.map(({ width, height }) => (width > 0 ? `${width} × ${height}` : '…'));
  const facts: Fact[] = [
    ['Front row', String(stream.viewers.interactive)],
    ['Broadcast', String(stream.viewers.broadcast)],
    ['Arrives with', formatBitrate(sum(layers.map(({ bitrateBps }) => bitrateBps)))],
    ['Sizes', sizes?.join(', ') ?? 'none'],
    ['Lost for good', String(sum(layers.map(({ lost }) => lost)))],
    ['Broadcast is', stream.hls?.ready === true ? 'ready' : problem === '' ? 'starting…' : 'not available'],
  ];
  setText(byId('server-problem', HTMLElement), problem);
  byId('server-view', HTMLElement).hidden = false;
  showFacts(byId('server-facts', HTMLElement), facts);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
