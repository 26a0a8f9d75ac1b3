import { listFields } from './fields.ts';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';

/** What a changed file means for a running gateway. */
export interface ReloadPlan {
  /** The current settings with the changes that act at once. */
  readonly config: Config;
  /** Paths of settings that changed and act at once. */
  readonly applied: readonly string[];
  /** Paths of settings that changed and wait for a restart. */
  readonly waiting: readonly string[];
}

/** Compares setting by setting. */
export function planReload(current: Config, next: Config): ReloadPlan {
  const before: Readonly<Record<string, Readonly<Record<string, unknown>>>> = current;
  const after: Readonly<Record<string, Readonly<Record<string, unknown>>>> = next;
  const merged: Record<string, Record<string, unknown>> = {};
  for (const [room, part] of Object.entries(before)) merged[room] = { ...part };
  const applied: string[] = [];
  const waiting: string[] = [];
  for (const { room, key, path, reload } of listFields()) {
    const value = after[room]?.[key];
    if (same(before[room]?.[key], value)) continue;
    if (reload === 'restart') {
      waiting.push(path);
      continue;
    }
    applied.push(path);
    const target = merged[room] ?? {};
    if (value === undefined) Reflect.deleteProperty(target, key);
    else target[key] = value;
  }
  return { config: configSchema.parse(merged), applied, waiting };
}

/** Settings are small trees of plain values. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
