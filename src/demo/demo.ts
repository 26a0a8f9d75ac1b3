import { setTimeout as delay } from 'node:timers/promises';
import { Lifetime } from '#src/core/lifetime.ts';
import type { Living } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { DemoConfig } from './config.ts';
import { Generator, drawingTools } from './generator.ts';
import type { DrawingTools } from './picture.ts';
import { WhipPublisher } from './whip-publisher.ts';

/** What the demo source needs. */
export interface DemoDeps {
  /** Where to publish, stream name included. */
  readonly whipUrl: string;
  readonly bearerToken?: string;
  readonly ffmpeg: { readonly path: string };
  readonly log: Log;
  /** Aborted: the demo ends. */
  readonly signal: AbortSignal;
}

const firstRetryMs = 500;
const longestRetryMs = 5_000;
/** A connection that held for this long starts the retries from the beginning. */
const steadyMs = 10_000;

/**
 * Publishes a moving clock with a beep through the WHIP door, and again whenever the server went away, until disposed
 * or called off.
 */
export async function startDemo(deps: DemoDeps, config: DemoConfig): Promise<Living> {
  const life = new Lifetime();
  const tools = await drawingTools(deps.ffmpeg.path, deps.signal);
  const callOff = (): void => void life.end();
  deps.signal.addEventListener('abort', callOff, { once: true });
  const running = keepPublishing(deps, config, { tools, signal: life.signal });
  life.defer(async () => {
    deps.signal.removeEventListener('abort', callOff);
    await running;
  });
  if (deps.signal.aborted) callOff();
  return { closed: life.closed, [Symbol.asyncDispose]: () => life.end() };
}

interface Setting {
  readonly tools: DrawingTools;
  readonly signal: AbortSignal;
}

async function keepPublishing(deps: DemoDeps, config: DemoConfig, setting: Setting): Promise<void> {
  const { signal } = setting;
  let retryMs = firstRetryMs;
  while (!calledOff(signal)) {
    const startedMs = performance.now();
    try {
      await publishOnce(deps, config, setting);
    } catch (error) {
      if (!calledOff(signal)) deps.log.warn({ error, retryMs }, 'demo source interrupted');
    }
    retryMs = performance.now() - startedMs > steadyMs ? firstRetryMs : Math.min(longestRetryMs, retryMs * 2);
    // Called off while waiting: the loop's condition ends it.
    if (!calledOff(signal)) await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** One connection from start to end; throws when it ended by anything but the signal. */
async function publishOnce(deps: DemoDeps, config: DemoConfig, setting: Setting): Promise<void> {
  const { tools, signal } = setting;
  await using publisher = await WhipPublisher.open(deps, signal);
  // The generator starts when media may flow: its first packet is a keyframe's.
  await using generator = await Generator.open(
    { ffmpegPath: deps.ffmpeg.path, tools, sink: (kind, packet) => publisher.send(kind, packet) },
    config,
    signal,
  );
  deps.log.info({ whipUrl: deps.whipUrl }, 'demo source publishes');
  const over = new AbortController();
  const stop = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: over.signal });
    if (signal.aborted) resolve(undefined);
  });
  const reason = await Promise.race([publisher.closed, generator.closed, stop]);
  over.abort();
  if (reason?.by === 'failure') throw reason.error;
}

function calledOff(signal: AbortSignal): boolean {
  return signal.aborted;
}
