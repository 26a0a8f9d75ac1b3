import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { errorCode } from '#src/core/error-code.ts';
import { badConfig, readEnvironment } from './environment.ts';
import type { Environment, Override } from './environment.ts';
import { allowedText, listFields } from './fields.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';

/** Where settings may come from. */
export interface ConfigRequest {
  /** As given with --config: must exist. Undefined: frontrow.yaml in the working directory, when there is one. */
  readonly file?: string | undefined;
  readonly workingDirectory: string;
  readonly environment: Environment;
}

/** Settings and the file they came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path of the file that was read; undefined when there was none. */
  readonly file: string | undefined;
}

/** The file that is read from the working directory without being asked for. */
export const defaultFileName = 'frontrow.yaml';
/** Far above any sensible file: a wrong path (a video, a log) is an error and not an empty memory. */
const maxFileBytes = 1_000_000;

/** Absolute path of the file this request means, whether it exists or not. */
export function configPath(request: ConfigRequest): string {
  return path.resolve(request.workingDirectory, request.file ?? defaultFileName);
}

/**
 * Defaults, then the file, then the environment. Throws Failure `bad-config` with every problem on a line of its own:
 * which file or variable, which setting, and what is allowed.
 */
export async function loadConfig(request: ConfigRequest): Promise<LoadedConfig> {
  const overrides = readEnvironment(request.environment);
  const file = configPath(request);
  const text = await readText(file, request.file !== undefined);
  const name = request.file ?? defaultFileName;
  const fromFile = text === undefined ? {} : parseYaml(text, name);
  const result = configSchema.safeParse(merge(fromFile, overrides));
  if (!result.success) throw badConfig(explain(result.error.issues, name, overrides));
  return { config: result.data, file: text === undefined ? undefined : file };
}

async function readText(file: string, required: boolean): Promise<string | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length > maxFileBytes)
      throw badConfig(`${file}: longer than ${maxFileBytes} bytes; is it the right file?`);
    return text;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && !required) return undefined;
    if (code === 'ENOENT') throw badConfig(`${file}: there is no such file`);
    if (code === 'EACCES' || code === 'EISDIR') throw badConfig(`${file}: cannot be read (${code})`);
    throw error;
  }
}

type Tree = Readonly<Record<string, unknown>>;

function parseYaml(text: string, name: string): Tree {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 20 });
  } catch (error) {
    throw badConfig(`${name}: ${error instanceof Error ? error.message.trimEnd() : String(error)}`);
  }
  if (value === null || value === undefined) return {};
  if (!isTree(value)) throw badConfig(`${name}: must hold settings as "room: { key: value }"`);
  return Object.fromEntries(Object.entries(value).map(([room, part]) => [room, withoutNulls(part ?? {})]));
}

/** A room, or a key, with everything behind it commented out reads as null and means the default. */
function withoutNulls(part: unknown): unknown {
  if (!isTree(part)) return part;
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null));
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(file: Tree, overrides: readonly Override[]): Tree {
  const merged: Record<string, unknown> = { ...file };
  for (const { field, value } of overrides) {
    const room = merged[field.room] ?? {};
    // A room that is no mapping is reported as such, not silently replaced.
    if (isTree(room)) merged[field.room] = { ...room, [field.key]: value };
  }
  return merged;
}

function explain(issues: readonly z.core.$ZodIssue[], name: string, overrides: readonly Override[]): string {
  const fields = listFields();
  const lines = issues.flatMap((issue) => {
    const [room, key] = issue.path;
    const field = fields.find((each) => each.room === room && each.key === key);
    if (field === undefined) return explainStranger(issue, name);
    const variable = overrides.some((override) => override.field.path === field.path);
    const where = [field.path, ...issue.path.slice(2).map(String)].join('.');
    const what = issue.message === 'Invalid input' ? 'not a valid value' : issue.message;
    return [`${variable ? field.variable : name}: ${where}: ${what}; allowed: ${allowedText(field.shape)}`];
  });
  return lines.join('\n');
}

/** A problem above single settings: an unknown room or key, or a room that is no mapping. */
function explainStranger(issue: z.core.$ZodIssue, name: string): readonly string[] {
  const fields = listFields();
  const room = issue.path[0];
  const known = fields.filter((field) => field.room === room).map((field) => field.key);
  const rooms = [...new Set(fields.map((field) => field.room))];
  if (issue.code !== 'unrecognized_keys') return [`${name}: ${issue.path.join('.')}: ${issue.message}`];
  return issue.keys.map((key) =>
    room === undefined
      ? `${name}: ${key}: there is no such room of settings; there are ${rooms.join(', ')}`
      : `${name}: ${String(room)}.${key}: there is no such setting; there are ${known.join(', ')}`,
  );
}
