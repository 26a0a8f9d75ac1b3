import type { DatagramIntake, MediaEngine } from '#src/core/engine.ts';
import { Failure } from '#src/core/failure.ts';
import type { Log } from '#src/core/log.ts';
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
  if (choice === 'native') throw nativeEngineMissing();
  const engine = await TypescriptEngine.open(options, intake);
  const why = choice === 'auto' ? 'this build has no native engine' : 'media.engine asks for it';
  log.info({ engine: engine.name, port: engine.port, why }, 'media engine open');
  return engine;
}

/** `media.engine: native` was asked for, and there is no such addon in this build. */
export function nativeEngineMissing(): Failure {
  return new Failure(
    'unavailable',
    'native-engine-missing',
    'this build has no native media engine; set FRONTROW_MEDIA__ENGINE to auto or typescript',
  );
}
