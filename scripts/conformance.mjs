/** `npm run conformance -- --whip URL --whep URL`: tests any WHIP and WHEP server against the specifications. */
import path from 'node:path';
import { node24 } from './lib/dependencies.mjs';
import { root, run } from './lib/process.mjs';
import { main, setUp } from './setup.mjs';

await main(async (args) => {
  await setUp({ media: false });
  const { code } = await run(node24, [
    '--disable-warning=ExperimentalWarning',
    path.join(root, 'conformance', 'main.ts'),
    ...args,
  ]);
  return code;
});
