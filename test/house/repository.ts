import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folders that are not ours to judge: installed, generated or Git's own. */
const foreign = new Set(['node_modules', '.git', '.cache', 'coverage', 'results', '.vitest']);

/** Paths of our files below `folder` (default: everything), relative to the top folder, with forward slashes. */
export function repositoryFiles(folder = '.', extensions: readonly string[] = []): readonly string[] {
  const found: string[] = [];
  const walk = (directory: string): void => {
    for (const entry of readdirSync(path.join(root, directory), { withFileTypes: true })) {
      const name = path.posix.join(directory, entry.name);
      if (entry.isDirectory()) {
        if (!foreign.has(entry.name)) walk(name);
      } else if (extensions.length === 0 || extensions.some((extension) => name.endsWith(extension))) {
        found.push(name);
      }
    }
  };
  walk(folder);
  return found;
}

/** Text of one file of the repository. */
export function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}
