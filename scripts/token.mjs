/** `npm run token -- --help`: makes tokens and stream keys for a gateway with these settings. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { node24 } from './lib/dependencies.mjs';
import { main, setUp } from './setup.mjs';

await main(async (args) => {
  // The settings' schema is TypeScript: an older Node sets up, then hands over to the one that came with the dependencies.
  if (Number(process.versions.node.split('.')[0]) < 24) {
    await setUp({ media: false });
    return await handOver(args);
  }
  const { newKeyText, readTokenCommand, tokenHelp, tokenText } = await import('../src/auth/command.ts');
  try {
    process.stdout.write(await answer(args, { newKeyText, readTokenCommand, tokenHelp, tokenText }));
    return 0;
  } catch (error) {
    // The token stands alone on the standard output; what went wrong never does.
    process.stderr.write(`frontrow: ${error.message}\n`);
    return error.kind === 'invalid' ? 2 : 1;
  }
});

async function answer(args, { newKeyText, readTokenCommand, tokenHelp, tokenText }) {
  const command = readTokenCommand(args);
  if (command.do === 'help') return tokenHelp;
  if (command.do === 'key') return newKeyText(command);
  const { loadConfig } = await import('../src/config/load.ts');
  const request = { file: command.configFile, workingDirectory: process.cwd(), environment: process.env };
  const { config } = await loadConfig(request);
  return `${await tokenText(command.wish, config.auth, Date.now())}\n`;
}

function handOver(args) {
  const file = fileURLToPath(import.meta.url);
  const child = spawn(node24, ['--disable-warning=ExperimentalWarning', file, ...args], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
