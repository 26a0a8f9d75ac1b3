import { z } from 'zod';
import { configSchema, defaultConfig } from './schema.ts';

/** The part of a JSON Schema that says what a value may be. */
export interface ValueShape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly reload?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: ValueShape;
  readonly anyOf?: readonly ValueShape[];
  readonly oneOf?: readonly ValueShape[];
  readonly properties?: Readonly<Record<string, ValueShape>>;
}

/** One setting, as documents, the environment and the reloader need it. */
export interface Field {
  readonly room: string;
  readonly key: string;
  /** As in error messages: `rtc.port`. */
  readonly path: string;
  /** The environment variable that sets it: `FRONTROW_RTC__PORT`. */
  readonly variable: string;
  readonly description: string;
  /** Whether a change in the file acts at once or needs a restart. */
  readonly reload: 'live' | 'restart';
  /** Undefined when the setting is optional and absent by default. */
  readonly defaultValue: unknown;
  readonly shape: ValueShape;
}

/** First part of every environment variable of ours. */
export const variablePrefix = 'FRONTROW_';

/** Every setting of every room, in the order of the schema. */
export function listFields(): readonly Field[] {
  const whole = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as ValueShape;
  const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = defaultConfig();
  return Object.entries(whole.properties ?? {}).flatMap(([room, part]) =>
    Object.entries(part.properties ?? {}).map(([key, shape]) => ({
      room,
      key,
      path: `${room}.${key}`,
      variable: `${variablePrefix}${upperSnake(room)}__${upperSnake(key)}`,
      description: shape.description ?? '',
      reload: shape.reload === 'live' ? ('live' as const) : ('restart' as const),
      // A setting with a transform has no default on its input side: then the result speaks.
      defaultValue: shape.default ?? defaults[room]?.[key],
      shape,
    })),
  );
}

/** `partTargetMs` as `PART_TARGET_MS`. */
export function upperSnake(camel: string): string {
  return camel.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '_').toUpperCase();
}

/** What a value may be, in words: "whole number, 0 to 65535". */
export function allowedText(shape: ValueShape): string {
  const choices = shape.anyOf ?? shape.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(allowedText))].join(', or ');
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum !== undefined) return `one of ${shape.enum.map(String).join(', ')}`;
  switch (shape.type) {
    case 'integer':
      return `whole number${rangeText(shape)}`;
    case 'number':
      return `number${rangeText(shape)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return shape.format === 'uri' ? 'a URL' : 'text';
    case 'array':
      return `list of: ${allowedText(shape.items ?? {})}`;
    case 'object':
      return `{ ${Object.keys(shape.properties ?? {}).join(', ')} }`;
    case undefined:
    default:
      return 'any value';
  }
}

function rangeText({ minimum, maximum }: ValueShape): string {
  // An integer without limits of its own carries those of doubles, which tell nobody anything.
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}`;
  if (low !== undefined) return `, ${low} or more`;
  return high === undefined ? '' : `, ${high} or less`;
}
