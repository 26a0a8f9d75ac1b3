import { watch } from 'chokidar';
import { Failure } from '#src/core/failure.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import { configPath, loadConfig } from './load.ts';
import type { ConfigRequest } from './load.ts';
import { planReload } from './reload.ts';
import type { Config } from './schema.ts';

/** Who is told about a changed file. */
export interface WatchDeps {
  readonly log: Log;
  /** Gets the settings that hold from now on, and the paths of those that changed. */
  readonly apply: (next: Config, changed: readonly string[]) => void;
}

/** Editors write a file in several steps; it is read once it has been still this long. */
const settleMs = 200;

/**
 * Follows the settings file, also one that appears later. Changes that act at once are applied, those that need a restart
 * are named in the log, and a file with a mistake changes nothing and is named too.
 */
export async function watchConfig(
  deps: WatchDeps,
  request: ConfigRequest,
  current: Config,
): Promise<AsyncDisposable> {
  const life = new Lifetime();
  const file = configPath(request);
  const reloader = new Reloader(deps, request, current);
  const watcher = watch(file, {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: settleMs, pollInterval: settleMs / 4 },
  });
  life.defer(() => watcher.close());
  life.defer(() => reloader.stop());
  watcher.on('add', () => reloader.request());
  watcher.on('change', () => reloader.request());
  watcher.on('unlink', () => {
    deps.log.warn({ file }, 'the settings file is gone; the settings stay as they are');
  });
  watcher.on('error', (error) => {
    deps.log.warn({ file, error: String(error) }, 'the settings file cannot be watched');
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return { [Symbol.asyncDispose]: () => life.end() };
}

/** Reads the file again, one reading at a time; requests during a reading become one more reading. */
class Reloader {
  readonly #deps: WatchDeps;
  readonly #request: ConfigRequest;
  #current: Config;
  #wanted = false;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(deps: WatchDeps, request: ConfigRequest, current: Config) {
    this.#deps = deps;
    this.#request = request;
    this.#current = current;
  }

  request(): void {
    this.#wanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      await this.#reload();
    }
  }

  async #reload(): Promise<void> {
    const { log, apply } = this.#deps;
    try {
      const { config } = await loadConfig(this.#request);
      const plan = planReload(this.#current, config);
      if (plan.waiting.length > 0) {
        log.warn({ settings: plan.waiting }, 'these settings changed and take effect after a restart');
      }
      if (plan.applied.length === 0) return;
      this.#current = plan.config;
      apply(plan.config, plan.applied);
      log.info({ settings: plan.applied }, 'these settings changed and take effect now');
    } catch (error) {
      const problem = error instanceof Failure ? error.message : String(error);
      log.error({ problem }, 'the changed settings file has a mistake; the old settings stay');
    }
  }
}
