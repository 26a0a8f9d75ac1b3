/**
 * `npm start [-- options]`: sets up what is missing, then runs the gateway. Its options go through: --demo, --config FILE,
 * --help. With --watch (npm run dev) Node starts it again whenever a source file changes.
 */
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { node24 } from './lib/dependencies.mjs';
import { gatewayNodeArgs } from './lib/node-args.mjs';
import { root } from './lib/process.mjs';
import { main, setUp } from './setup.mjs';

/** Signals that a person or a service manager ends us with. */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];

await main(async (typed) => {
  // `npm start --demo`, without the lonely dashes, hands the option to npm, which hands it on in this way.
  const swallowed = process.env['npm_config_demo'] === 'true' && !typed.includes('--demo');
  const args = swallowed ? [...typed, '--demo'] : typed;
  await setUp({ media: !args.includes('--help') && !args.includes('--version') });
  const watch = args.includes('--watch');
  const own = args.filter((arg) => arg !== '--watch');
  const nodeArgs = [...gatewayNodeArgs, ...(watch ? ['--watch'] : [])];
  // The working directory stays the caller's: frontrow.yaml is looked for there.
  return await gateway([...nodeArgs, path.join(root, 'src', 'main.ts'), ...own]);
});

/** Runs the gateway as our child and lives exactly as long as it does, ending the same way. */
function gateway(args) {
  const child = spawn(node24, args, { stdio: 'inherit' });
  for (const signal of forwarded) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole group itself; a second one would mean "at once" to the gateway.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 1) : 128 + (os.constants.signals[signal] ?? 0));
    });
  });
}
