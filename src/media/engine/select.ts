import type { DatagramIntake, MediaEngine } from '#src/core/engine.ts';
import { Failure } from '#src/core/failure.ts';
import type { Log } from '#src/core/log.ts';
import { loadAddon, type Addon } from './addon.ts';
import { NativeEngine } from './native.ts';
import { addonFault } from './self-test.ts';
import { TypescriptEngine } from './typescript.ts';
import type { SocketOptions } from './udp-socket.ts';

/** What `media.engine` may say. */
export type EngineChoice = 'auto' | 'typescript' | 'native';

/** Opens the engine that was asked for and says once which it is. `native` without the addon is a Failure. */
export async function openEngine(
  choice: EngineChoice,
  options: SocketOptions,
  intake: DatagramIntake,
  log: Log,
): Promise<MediaEngine> {
  const addon = choice === 'typescript' ? 'media.engine asks for it' : trustedAddon();
  if (typeof addon === 'string' && choice === 'native') throw nativeEngineMissing(addon);
  const engine =
    typeof addon === 'string'
      ? await TypescriptEngine.open(options, intake)
      : await NativeEngine.open(addon, options, intake);
  const why = typeof addon === 'string' ? addon : 'it loads and passes its self-test';
  log.info({ engine: engine.name, port: engine.port, why }, 'media engine open');
  return engine;
}

/** The addon once it has passed its self-test, or a sentence that says why not. */
export function trustedAddon(): Addon | string {
  const addon = loadAddon();
  if (typeof addon === 'string') return addon;
  return addonFault(addon) ?? addon;
}

/** `media.engine: native` was asked for, and the addon cannot be had. */
export function nativeEngineMissing(why: string): Failure {
  return new Failure(
    'unavailable',
    'native-engine-missing',
    `${why}; or set FRONTROW_MEDIA__ENGINE to auto or typescript`,
  );
}
