import { describe, expect, test } from 'vitest';
import { allowedText, listFields, upperSnake } from '#src/config/fields.ts';

describe('fields', () => {
  test('every setting of every room is described, typed and has one variable', () => {
    const fields = listFields();
    expect(new Set(fields.map((field) => field.variable)).size).toBe(fields.length);
    for (const field of fields) {
      expect(field.description, field.path).not.toBe('');
      expect(allowedText(field.shape), field.path).not.toBe('any value');
      expect(field.shape.reload, `${field.path} must say meta({ reload: 'live' | 'restart' })`).toBe(
        field.reload,
      );
    }
  });

  test('the promised names exist', () => {
    const variables = listFields().map((field) => field.variable);
    expect(variables).toEqual(
      expect.arrayContaining(['FRONTROW_HTTP__PORT', 'FRONTROW_TIER__INTERACTIVE_LIMIT']),
    );
  });

  test.each([
    ['port', 'PORT'],
    ['partTargetMs', 'PART_TARGET_MS'],
    ['h264Profile', 'H264_PROFILE'],
  ])('%s is %s in a variable', (key, expected) => {
    expect(upperSnake(key)).toBe(expected);
  });

  test.each([
    [{ type: 'integer', minimum: 1, maximum: 5 }, 'whole number, 1 to 5'],
    [{ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 'whole number, 0 or more'],
    [{ type: 'number', maximum: 1 }, 'number, 1 or less'],
    [{ type: 'integer', minimum: Number.MIN_SAFE_INTEGER }, 'whole number'],
    [{ type: 'boolean' }, 'true or false'],
    [{ anyOf: [{ const: 'auto' }, { type: 'integer' }] }, '"auto", or whole number'],
    [{ type: 'array', items: { type: 'string' } }, 'list of: text'],
  ])('%j in words', (shape, expected) => {
    expect(allowedText(shape)).toBe(expected);
  });
});
