import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loadConfig } from '#src/config/load.ts';
import type { ConfigRequest } from '#src/config/load.ts';
import type { Config } from '#src/config/schema.ts';
import { watchConfig } from '#src/config/watch.ts';
import { silentLog } from '#src/core/log.ts';
import type { Log } from '#src/core/log.ts';

/** Generous: the file system's news take their time on a busy machine. */
const patience = { timeout: 15_000, interval: 20 };

let folder: string;
let request: ConfigRequest;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'frontrow-watch-'));
  request = { workingDirectory: folder, environment: {} };
});
afterEach(() => rm(folder, { recursive: true }));

async function follow(): Promise<AsyncDisposable & { applied: Config[]; lines: string[] }> {
  const applied: Config[] = [];
  const lines: string[] = [];
  const note = (fields: object, sentence: string): void =>
    void lines.push(`${sentence} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, info: note, warn: note, error: note };
  const { config } = await loadConfig(request);
  const watch = await watchConfig({ log, apply: (next) => void applied.push(next) }, request, config);
  return { applied, lines, [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose]() };
}
const write = (text: string): Promise<void> => writeFile(path.join(folder, 'frontrow.yaml'), text);

test(
  'a file that appears later is followed; a change that needs a restart is only named',
  { timeout: 40_000 },
  async () => {
    await using watch = await follow();
    await write('tier: { interactiveLimit: 3 }\nhttp: { port: 9999 }');
    await vi.waitFor(() => expect(watch.applied).toHaveLength(1), patience);
    expect(watch.applied[0]).toMatchObject({ tier: { interactiveLimit: 3 }, http: { port: 8080 } });
    expect(watch.lines.join('\n')).toMatch(/after a restart .*http\.port/);

    await write('tier: { interactiveLimit: 4 }');
    await vi.waitFor(() => expect(watch.applied.at(-1)?.tier.interactiveLimit).toBe(4), patience);
  },
);

test(
  'a mistake keeps the old settings and is named; the mended file counts, also when renamed into place',
  { timeout: 40_000 },
  async () => {
    await write('tier: { interactiveLimit: 3 }');
    await using watch = await follow();
    await write('tier: { interactiveLimit: lots }');
    await vi.waitFor(
      () => expect(watch.lines.join('\n')).toMatch(/has a mistake.*interactiveLimit/),
      patience,
    );
    expect(watch.applied).toEqual([]);

    await writeFile(path.join(folder, 'next.yaml'), 'tier: { interactiveLimit: 5 }');
    await rename(path.join(folder, 'next.yaml'), path.join(folder, 'frontrow.yaml'));
    await vi.waitFor(() => expect(watch.applied.at(-1)?.tier.interactiveLimit).toBe(5), patience);
  },
);
