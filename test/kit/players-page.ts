import type { Browser } from 'playwright-core';
import { openPage, type OpenPage } from './chromium.ts';
import type { PlayersApi } from './players-types.ts';

/** A page with hls.js and Shaka Player side by side. */
export interface PlayersPage extends OpenPage {
  call<Name extends keyof PlayersApi>(
    name: Name,
    ...args: Parameters<PlayersApi[Name]>
  ): ReturnType<PlayersApi[Name]>;
}

/** Opens a page with both players and waits for its functions. */
export async function openPlayersPage(browser: Browser, origin: string): Promise<PlayersPage> {
  const opened = await openPage(browser, `${origin}/kit/pages/players.html`);
  await opened.page.waitForFunction(() => 'players' in globalThis, undefined, { timeout: 30_000 });
  return {
    ...opened,
    call: (name, ...args) =>
      opened.page.evaluate(
        ([method, values]) => {
          const { players } = globalThis as unknown as {
            players: Record<string, (...all: unknown[]) => unknown>;
          };
          return players[method]?.(...values);
        },
        [name, args] as [string, unknown[]],
      ) as ReturnType<PlayersApi[typeof name]>,
  };
}
