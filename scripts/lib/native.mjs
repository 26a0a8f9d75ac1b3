/**
 * Builds native/, the media engine in C++, straight with the compiler: it needs the headers of Node-API from npm and
 * nothing else. The result is kept until a source changes. Without it Frontrow runs on its TypeScript engine.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ask, root, run } from './process.mjs';

const sources = path.join(root, 'native');
const headers = path.join(root, 'node_modules', 'node-api-headers', 'include');
const built = path.join(sources, 'build', 'frontrow.node');
const stamp = path.join(sources, 'build', 'frontrow.hash');
const compileTimeoutMs = 5 * 60_000;
/** Exceptions and type information are not used: nothing may unwind through Node's C frames. */
const flags =
  '-std=c++17 -O2 -fPIC -shared -fvisibility=hidden -fno-exceptions -fno-rtti -Wall -Wextra'.split(' ');

/**
 * Builds when something changed. `state` is `current`, `built`, `unsupported`, `no-compiler` or `failed`; `detail` is a
 * sentence for people. Never throws for want of a compiler.
 */
export async function buildNative() {
  if (process.platform !== 'linux') return done('unsupported', 'the native media engine is for Linux');
  if (!existsSync(path.join(sources, 'module.cc')))
    return done('unsupported', 'there are no sources in native/');
  const hash = sourceHash();
  if (existsSync(built) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) {
    return done('current', 'the native media engine is up to date');
  }
  const compiler = await findCompiler();
  if (compiler === undefined) {
    const remedy = 'apt-get install g++, then npm run build:native';
    return done(
      'no-compiler',
      `no C++ compiler, so the TypeScript engine serves; for the faster one: ${remedy}`,
    );
  }
  if (!existsSync(headers))
    return done('failed', 'node_modules/node-api-headers is missing: npm ci brings it');
  return await compile(compiler, hash);
}

async function compile(compiler, hash) {
  mkdirSync(path.dirname(built), { recursive: true });
  // Under a name of its own first: a running gateway has the old file mapped, and another build may be under way.
  const fresh = `${built}.${process.pid}`;
  const files = namesOf('.cc').map((name) => path.join(sources, name));
  const result = await run(compiler, [...flags, `-I${headers}`, ...files, '-o', fresh], {
    timeoutMs: compileTimeoutMs,
    capture: true,
  });
  if (result.code !== 0) {
    rmSync(fresh, { force: true });
    return done('failed', `${compiler} could not build the native media engine:\n${result.output.trimEnd()}`);
  }
  rmSync(stamp, { force: true });
  renameSync(fresh, built);
  writeFileSync(stamp, hash);
  return done('built', `built the native media engine with ${compiler}`);
}

/** The first C++ compiler that runs, `CXX` before all. */
export async function findCompiler() {
  for (const name of [process.env['CXX'], 'c++', 'g++', 'clang++']) {
    if (name && (await ask(name, ['--version'])) !== undefined) return name;
  }
  return undefined;
}

function namesOf(extension) {
  return readdirSync(sources)
    .filter((name) => name.endsWith(extension))
    .sort();
}

function sourceHash() {
  const hash = createHash('sha256').update(JSON.stringify([flags, process.arch]));
  for (const name of [...namesOf('.cc'), ...namesOf('.h')]) {
    hash.update(`\n${name}\n`).update(readFileSync(path.join(sources, name)));
  }
  return hash.digest('hex');
}

function done(state, detail) {
  return { state, detail };
}
