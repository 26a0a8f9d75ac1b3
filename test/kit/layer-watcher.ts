import type { RigPage } from './chromium.ts';
import type { LayerWatchApi } from './layer-watch-types.ts';

/** Teaches a rig page to watch a stream and to tell every frame, whatever it carries. */
export async function layerWatcher({ page }: RigPage): Promise<LayerWatchApi> {
  await page.addScriptTag({ type: 'module', url: '/kit/pages/layer-watcher.ts' });
  await page.waitForFunction(() => 'layerWatch' in globalThis, undefined, { timeout: 60_000 });
  const call = <Name extends keyof LayerWatchApi>(
    name: Name,
    ...args: Parameters<LayerWatchApi[Name]>
  ): ReturnType<LayerWatchApi[Name]> =>
    page.evaluate(
      ([method, values]) => {
        const { layerWatch } = globalThis as unknown as {
          layerWatch: Record<string, (...all: unknown[]) => unknown>;
        };
        return layerWatch[method]?.(...values);
      },
      [name, args] as [string, unknown[]],
    ) as ReturnType<LayerWatchApi[Name]>;
  return {
    watch: (whepUrl, options = {}) => call('watch', whepUrl, options),
    take: () => call('take'),
    stop: () => call('stop'),
  };
}
