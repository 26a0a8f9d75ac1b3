/** `npm run docs`: writes frontrow.example.yaml and docs/config.md from the schema of the settings. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24 } from './lib/dependencies.mjs';
import { root, run, say } from './lib/process.mjs';
import { main, setUp } from './setup.mjs';

await main(async () => {
  // The schema is TypeScript: an older Node sets up, then hands over to the one that came with the dependencies.
  if (Number(process.versions.node.split('.')[0]) < 24) {
    await setUp({ media: false });
    return (await run(node24, ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url)]))
      .code;
  }
  const { configReference, exampleYaml } = await import('../src/config/example.ts');
  writeFileSync(path.join(root, 'frontrow.example.yaml'), exampleYaml());
  writeFileSync(path.join(root, 'docs', 'config.md'), configReference());
  say('wrote frontrow.example.yaml and docs/config.md');
  return 0;
});
