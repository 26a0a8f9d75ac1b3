import { parse } from 'yaml';
import { Failure } from '#src/core/failure.ts';
import { listFields, upperSnake, variablePrefix } from './fields.ts';
import type { Field, ValueShape } from './fields.ts';

/** Variables as the operating system hands them over; src/main.ts is the only one that reads them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting that the environment makes. */
export interface Override {
  readonly field: Field;
  readonly value: unknown;
}

/**
 * The settings that `FRONTROW_ROOM__KEY` variables make. Throws Failure `bad-config` for a variable that looks like one of
 * ours and names no setting: a mistyped name must not go unnoticed.
 */
export function readEnvironment(environment: Environment): readonly Override[] {
  const fields = new Map(listFields().map((field) => [field.variable, field]));
  const overrides: Override[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(variablePrefix) || text === undefined) continue;
    const field = fields.get(name);
    if (field !== undefined) overrides.push({ field, value: parseValue(text, field) });
    else refuseStranger(name, text, [...fields.values()]);
  }
  return overrides;
}

/**
 * Names without the double underscore are left alone (a container platform sets FRONTROW_PORT and its like for a service
 * of that name), unless they are a setting with one underscore missing.
 */
function refuseStranger(name: string, text: string, fields: readonly Field[]): void {
  if (name.includes('__')) {
    const room = name.slice(variablePrefix.length).split('__')[0];
    const known = fields.filter((field) => upperSnake(field.room) === room).map((field) => field.variable);
    const rooms = [...new Set(fields.map((field) => `${variablePrefix}${upperSnake(field.room)}__…`))];
    throw badConfig(
      `${name}: there is no such setting; there are ${(known.length > 0 ? known : rooms).join(', ')}`,
    );
  }
  const meant = fields.find((field) => field.variable.replace('__', '_') === name);
  if (meant === undefined || /^(tcp|udp):\/\//.test(text)) return;
  throw badConfig(`${name}: two underscores stand between room and key: ${meant.variable}`);
}

/** The one failure of this room: what is wrong with the settings, where, and what is allowed. */
export function badConfig(message: string): Failure {
  return new Failure('invalid', 'bad-config', message);
}

/** Text stays as it is; lists may be written with commas; everything else is a YAML value. */
function parseValue(text: string, field: Field): unknown {
  const types = typesOf(field.shape);
  const listed = text.trimStart().startsWith('[');
  if (types.has('array') && !listed) {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  if (types.has('string') && !listed) {
    const other = ['integer', 'number', 'boolean'].some((type) => types.has(type));
    return other ? (scalarOf(text) ?? text) : text;
  }
  return yamlOf(text, field);
}

function yamlOf(text: string, field: Field): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw badConfig(`${field.variable}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A setting that is a number or a word ("auto", 4): the number when it reads as one. */
function scalarOf(text: string): number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

function typesOf(shape: ValueShape): ReadonlySet<string> {
  const choices = shape.anyOf ?? shape.oneOf ?? [];
  const types = choices.flatMap((choice) => [...typesOf(choice)]);
  if (shape.type !== undefined) types.push(shape.type);
  else if (shape.enum !== undefined || shape.const !== undefined) types.push('string');
  return new Set(types);
}
