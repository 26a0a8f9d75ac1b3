/**
 * Running other programs from the set-up scripts. These files run under any Node from 20 on and before anything is
 * installed, so they import nothing but Node's own modules.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's top folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** One plain line of progress. */
export function say(line) {
  console.log(`frontrow: ${line}`);
}

/** Kept from a captured run; the oldest lines go first, so that a chatty program cannot fill the memory. */
const capturedLimit = 4_000_000;
const killGraceMs = 5_000;

/**
 * Runs a program to its end and resolves to its exit code (and its output when `capture` is set). The program runs in a
 * process group of its own when `group` is set, so that a time-out also ends what it started.
 */
export function run(command, args, { timeoutMs, capture = false, group = false, env = process.env } = {}) {
  const { promise, resolve } = withResolvers();
  const child = spawn(command, args, {
    cwd: root,
    env,
    detached: group,
    stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-capturedLimit);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);

  let timedOut = false;
  const stop = (signal) => signalChild(child, signal, group);
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          stop('SIGTERM');
          setTimeout(() => stop('SIGKILL'), killGraceMs).unref();
        }, timeoutMs);
  const forget = passSignalsOn(stop);
  const done = (code, problem) => {
    clearTimeout(timer);
    forget();
    if (timedOut) problem = `stopped after ${Math.round(timeoutMs / 1000)} s`;
    resolve({ code, output: problem === undefined ? output : `${output}${problem}\n`, timedOut });
  };
  child.on('error', (error) => done(127, error.message));
  child.on('close', (code, signal) => done(code ?? 1, signal === null ? undefined : `ended by ${signal}`));
  return promise;
}

/** Runs a program quietly; undefined when it cannot run or fails, else what it printed. */
export async function ask(command, args, timeoutMs = 20_000) {
  const { code, output } = await run(command, args, { timeoutMs, capture: true });
  return code === 0 ? output : undefined;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** One for each program that runs. */
const stops = new Set();

/** Ctrl-C and a service manager's stop also end what we started, and then us. */
function passSignalsOn(stop) {
  if (stops.size === 0) for (const signal of signals) process.on(signal, stopAll);
  stops.add(stop);
  return () => {
    stops.delete(stop);
    if (stops.size === 0) for (const signal of signals) process.off(signal, stopAll);
  };
}

function stopAll(signal) {
  stopping = true;
  process.exitCode = 1;
  for (const stop of stops) stop(signal);
}

let stopping = false;
/** True once somebody asked us to stop: do not begin the next step. */
export function stopAsked() {
  return stopping;
}

function signalChild(child, signal, group) {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(group ? -child.pid : child.pid, signal);
  } catch (error) {
    // ESRCH: it ended between the look and the signal, which is what we wanted.
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Promise.withResolvers, which Node 20 does not have yet. */
function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
