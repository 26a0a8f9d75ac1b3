import { expect, test } from 'vitest';
import { configReference, exampleYaml } from '#src/config/example.ts';
import { listFields } from '#src/config/fields.ts';

test('the example and the reference name every setting', () => {
  const example = exampleYaml();
  const reference = configReference();
  for (const field of listFields()) {
    expect(example).toContain(`  # ${field.key}:`);
    expect(reference).toContain(`| \`${field.path}\` |`);
    expect(reference).toContain(`\`${field.variable}\``);
  }
});

test('table cells with bars stay cells', () => {
  for (const line of configReference().split('\n')) {
    if (line.startsWith('|')) expect(line.replaceAll('\\|', '').match(/\|/g), line).toHaveLength(5);
  }
});
