import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openApp } from '#src/app.ts';
import { loadConfig } from '#src/config/load.ts';
import { watchConfig } from '#src/config/watch.ts';
import { Failure } from '#src/core/failure.ts';
import { parseStreamId } from '#src/core/ids.ts';
import { Lifetime } from '#src/core/lifetime.ts';
import { startDemo } from '#src/demo/demo.ts';
import { openLog } from '#src/telemetry/log.ts';
import { helpText, welcomeText } from '#src/welcome.ts';

/** Opens the gateway, waits for its end, closes it. Returns the exit code. The only reader of the process's surroundings. */
async function main(): Promise<number> {
  const args = readArguments();
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  if (args.help || args.version) {
    process.stdout.write(args.help ? helpText : `${version}\n`);
    return 0;
  }
  const life = new Lifetime();
  // The second signal is for the impatient.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => (life.ended ? process.exit(1) : void life.end()));

  const request = { file: args.config, workingDirectory: process.cwd(), environment: process.env };
  const { config } = await loadConfig(request);
  const log = openLog(config.telemetry, process.stdout.isTTY);
  const app = await openApp(config, { version, log, signal: life.signal }).catch((error: unknown) => {
    if (life.ended) return undefined; // a signal called the opening off
    throw error;
  });
  if (app === undefined) return 0;
  life.own(app);
  life.own(
    await watchConfig(
      { log: log.child({ room: 'config' }), apply: (next) => app.reconfigure(next) },
      request,
      config,
    ),
  );
  void app.closed.then((reason) => life.end(reason));

  const tls = config.http.tlsCertFile !== undefined;
  const server = config.http.publicUrl ?? `${tls ? 'https' : 'http'}://localhost:${app.httpPort}`;
  const bases = { server, hls: config.http.hlsBaseUrl ?? server };
  const demo = args.demo ? parseStreamId(config.demo.stream) : undefined;
  process.stdout.write(welcomeText(app, { bases, demo }));
  if (demo !== undefined && 'found' in app.ffmpeg) {
    // A certificate is for the server's name, not for loopback.
    const whipUrl = `${tls ? server : `http://127.0.0.1:${app.httpPort}`}/whip/${demo}`;
    const deps = {
      whipUrl,
      bearerToken: app.ownKey,
      ffmpeg: app.ffmpeg.found,
      log: log.child({ room: 'demo' }),
      signal: life.signal,
    };
    life.own(await startDemo(deps, config.demo));
  }
  const reason = await life.closed;
  if (reason.by !== 'failure') {
    log.info({}, 'the gateway has stopped');
    return 0;
  }
  log.error({ err: reason.error }, 'the gateway ended by a failure');
  return 1;
}

function readArguments(): { demo: boolean; config?: string; help: boolean; version: boolean } {
  try {
    return parseArgs({
      options: {
        demo: { type: 'boolean', default: false },
        config: { type: 'string' },
        help: { type: 'boolean', default: false },
        version: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const mistake = error instanceof Error ? error.message.split('. ', 1)[0] : String(error);
    throw new Failure('invalid', 'bad-arguments', `${mistake}; --help shows what there is`);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`frontrow: ${error.message}\n`);
  process.exitCode = error.kind === 'invalid' ? 2 : 1;
}
