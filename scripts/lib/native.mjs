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
const fuzzSources = path.join(sources, 'fuzz');
const outFolder = path.join(sources, 'build');
const compileTimeoutMs = 5 * 60_000;
/** What needs no JavaScript, and so runs as a program of its own. */
const withoutNode = [
  'address',
  'cm',
  'engine',
  'fanout',
  'gcm',
  'outbox',
  'peers',
  'receiver',
  'socket',
  'srtp',
];
/** Exceptions and type information are not used: nothing may unwind through Node's C frames. */
const common = ['-std=c++17', '-fno-exceptions', '-fno-rtti', '-Wall', '-Wextra'];
const addonFlags = [...common, '-O2', '-fPIC', '-shared', '-fvisibility=hidden', `-I${headers}`];
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const fuzzFlags = [...common, '-Werror', '-O1', '-g', ...sanitizers];
/** Debian's libcrypto at run time; what the node program exports is not there for a program of its own. */
const libcrypto = '-l:libcrypto.so.3';

/**
 * Builds the addon when something changed. `state` is `current`, `built`, `unsupported`, `no-compiler` or `failed`;
 * `detail` is a sentence for people. Never throws for want of a compiler.
 */
export async function buildNative() {
  if (process.platform !== 'linux') return done('unsupported', 'the native media engine is for Linux');
  if (!existsSync(path.join(sources, 'module.cc')))
    return done('unsupported', 'there are no sources in native/');
  const files = filesOf(sources, '.cc');
  const target = { name: 'frontrow.node', what: 'the native media engine', args: [...addonFlags, ...files] };
  if (isCurrent(target)) return done('current', `${target.what} is up to date`);
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
  return await compile(compiler, target);
}

/**
 * Builds the engine without JavaScript as a fuzzing program under AddressSanitizer and UndefinedBehaviorSanitizer.
 * `unsupported` here means that this compiler has no sanitizers, or that the system has no OpenSSL 3 library.
 */
export async function buildSanitized() {
  const compiler = await findCompiler();
  if (compiler === undefined) return done('no-compiler', 'no C++ compiler: apt-get install g++');
  const files = [
    ...filesOf(fuzzSources, '.cc'),
    ...withoutNode.map((name) => path.join(sources, `${name}.cc`)),
  ];
  const target = { name: 'fuzz', what: 'the fuzzing program', args: [...fuzzFlags, ...files, libcrypto] };
  if (isCurrent(target)) return done('current', `${target.what} is up to date`);
  const missing = await sanitizerFault(compiler);
  return missing === undefined ? await compile(compiler, target) : done('unsupported', missing);
}

/** Compiles and runs an empty program with everything that the fuzzing program is linked to. */
async function sanitizerFault(compiler) {
  mkdirSync(outFolder, { recursive: true });
  const probe = path.join(outFolder, `probe.${process.pid}`);
  writeFileSync(`${probe}.cc`, 'int main() { return 0; }\n');
  try {
    const args = [...sanitizers, `${probe}.cc`, libcrypto, '-o', probe];
    const built = await run(compiler, args, { timeoutMs: compileTimeoutMs, capture: true });
    const ran = built.code === 0 ? await run(probe, [], { timeoutMs: 20_000, capture: true }) : built;
    return ran.code === 0 ? undefined : `${compiler} has no working sanitizers here: ${ran.output.trim()}`;
  } finally {
    for (const file of [probe, `${probe}.cc`]) rmSync(file, { force: true });
  }
}

async function compile(compiler, { name, what, args }) {
  mkdirSync(outFolder, { recursive: true });
  const file = path.join(outFolder, name);
  // Under a name of its own first: a running gateway has the old file mapped, and another build may be under way.
  const fresh = `${file}.${process.pid}`;
  const result = await run(compiler, [...args, '-o', fresh], { timeoutMs: compileTimeoutMs, capture: true });
  if (result.code !== 0) {
    rmSync(fresh, { force: true });
    return done('failed', `${compiler} could not build ${what}:\n${result.output.trimEnd()}`);
  }
  rmSync(`${file}.hash`, { force: true });
  renameSync(fresh, file);
  writeFileSync(`${file}.hash`, hashOf(args));
  return done('built', `built ${what} with ${compiler}`);
}

/** The first C++ compiler that runs, `CXX` before all. */
export async function findCompiler() {
  for (const name of [process.env['CXX'], 'c++', 'g++', 'clang++']) {
    if (name && (await ask(name, ['--version'])) !== undefined) return name;
  }
  return undefined;
}

function isCurrent({ name, args }) {
  const file = path.join(outFolder, name);
  return (
    existsSync(file) && existsSync(`${file}.hash`) && readFileSync(`${file}.hash`, 'utf8') === hashOf(args)
  );
}

/** Of the compiler's arguments, the sources among them, and every header beside these. */
function hashOf(args) {
  const hash = createHash('sha256').update(JSON.stringify([args, process.arch]));
  const files = args.filter((arg) => arg.endsWith('.cc'));
  const folders = [...new Set(files.map((file) => path.dirname(file)))];
  for (const file of [...files, ...folders.flatMap((folder) => filesOf(folder, '.h'))]) {
    hash.update(`\n${path.basename(file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function filesOf(folder, extension) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .sort()
    .map((name) => path.join(folder, name));
}

function done(state, detail) {
  return { state, detail };
}
