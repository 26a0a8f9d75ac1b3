import type { RigPage } from './chromium.ts';
import type { LayeredApi } from './layered-types.ts';

/** A rig page that publishes by the browser's own simulcast. */
export type LayeredPublisher = LayeredApi;

/** Teaches a rig page to publish layers. */
export async function layeredPublisher({ page }: RigPage): Promise<LayeredPublisher> {
  await page.addScriptTag({ type: 'module', url: '/kit/pages/layered-sender.ts' });
  await page.waitForFunction(() => 'layered' in globalThis, undefined, { timeout: 60_000 });
  const call = <Name extends keyof LayeredApi>(
    name: Name,
    ...args: Parameters<LayeredApi[Name]>
  ): ReturnType<LayeredApi[Name]> =>
    page.evaluate(
      ([method, values]) => {
        const { layered } = globalThis as unknown as {
          layered: Record<string, (...all: unknown[]) => unknown>;
        };
        return layered[method]?.(...values);
      },
      [name, args] as [string, unknown[]],
    ) as ReturnType<LayeredApi[Name]>;
  return {
    publish: (options) => call('publish', options),
    report: () => call('report'),
    stop: () => call('stop'),
  };
}
