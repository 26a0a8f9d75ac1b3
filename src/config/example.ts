import { stringify } from 'yaml';
import { allowedText, listFields } from './fields.ts';
import type { Field } from './fields.ts';

const widthChars = 100;

/** Text of frontrow.example.yaml: every setting with its default, commented out, ready to be copied. */
export function exampleYaml(): string {
  const lines = [
    '# Every setting of Frontrow with its default. Copy this file to frontrow.yaml and uncomment what you change.',
    '# An environment variable wins over the file: rtc.port is FRONTROW_RTC__PORT.',
    '# "live" settings act as soon as the file is saved, the others after a restart.',
    '# Written by `npm run docs` from the schema; do not edit.',
  ];
  for (const [room, fields] of rooms()) {
    lines.push('', `${room}:`);
    for (const field of fields) lines.push(...exampleOf(field));
  }
  return `${lines.join('\n')}\n`;
}

function exampleOf(field: Field): readonly string[] {
  const facts = `${allowedText(field.shape)}${field.reload === 'live' ? '; live' : ''}`;
  const value = field.defaultValue === undefined ? `${field.key}:` : oneLine(field.key, field.defaultValue);
  return [
    ...wrap(`${field.description} (${facts})`, widthChars).map((line) => `  # ${line}`),
    `  # ${value}`,
  ];
}

/** Lists and mappings in flow style, so that one line stays one setting. */
function oneLine(key: string, value: unknown): string {
  const flow = stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false });
  return `${key}: ${flow.trimEnd()}`;
}

/** Text of docs/config.md: the same settings as tables. */
export function configReference(): string {
  const lines = [
    '# Settings',
    '',
    'Defaults are compiled in; a file (`frontrow.yaml` in the working directory, or `--config FILE`) changes them, and an',
    'environment variable changes both. A mistake in any of them stops the start with one message that names the file or',
    'variable, the setting and what is allowed. While the gateway runs, a saved file is read again: settings marked',
    '**live** act at once, the log names those that wait for a restart, and a file with a mistake changes nothing.',
    '',
    'In the environment lists are written with commas or as YAML (`[a, b]`). Every setting with its default is in',
    '[frontrow.example.yaml](../frontrow.example.yaml). This page is written by `npm run docs` from the schema.',
  ];
  for (const [room, fields] of rooms()) {
    lines.push('', `## ${room}`, '', '| setting | default | what it is | environment |', '|---|---|---|---|');
    for (const field of fields) lines.push(rowOf(field));
  }
  return `${lines.join('\n')}\n`;
}

function rowOf(field: Field): string {
  const value = field.defaultValue === undefined ? 'none' : `\`${JSON.stringify(field.defaultValue)}\``;
  const facts = `${allowedText(field.shape)}${field.reload === 'live' ? '; **live**' : ''}`;
  const cells = [`\`${field.path}\``, value, `${field.description} (${facts})`, `\`${field.variable}\``];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function rooms(): ReadonlyMap<string, readonly Field[]> {
  return Map.groupBy(listFields(), (field) => field.room);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
