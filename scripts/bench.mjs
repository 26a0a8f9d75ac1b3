/** `npm run bench -- NAME [--json] [...]`: runs bench/NAME/main.ts. Without a name it lists what there is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { node24 } from './lib/dependencies.mjs';
import { root, run } from './lib/process.mjs';
import { main, setUp } from './setup.mjs';

const folder = path.join(root, 'bench');

await main(async ([name, ...args]) => {
  const names = benches();
  if (name === undefined || name.startsWith('-')) {
    console.log('npm run bench -- NAME [--json]');
    for (const each of names) console.log(`  ${each.padEnd(12)} ${firstSentence(each)}`);
    return 0;
  }
  if (!names.includes(name)) throw new Error(`there is no bench "${name}"; there are: ${names.join(', ')}`);
  await setUp({ tests: true });
  const { code } = await run(node24, [
    '--disable-warning=ExperimentalWarning',
    path.join(folder, name, 'main.ts'),
    ...args,
  ]);
  return code;
});

function benches() {
  return readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'main.ts')));
}

/** The first sentence of the bench's opening comment. */
function firstSentence(name) {
  const text = readFileSync(path.join(folder, name, 'main.ts'), 'utf8');
  const comment = /\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? '';
  return comment
    .replaceAll(/\s*\n\s*\*?\s*/g, ' ')
    .trim()
    .split(/(?<=\.)\s/)[0];
}
