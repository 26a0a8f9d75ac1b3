import { expect, test } from 'vitest';

import { maxLineLength, maxLines, splitSdp } from '#src/rtc/sdp-lines.ts';

const refuse = (line: number, problem: string): never => {
  throw new Error(`${line} ${problem}`);
};

test('takes lines apart and counts them from 1', () => {
  expect(splitSdp('v=0\r\na=mid:a:b\na=rtcp-mux\r\n', refuse)).toEqual([
    { number: 1, type: 'v', name: '0', value: '0' },
    { number: 2, type: 'a', name: 'mid', value: 'a:b' },
    { number: 3, type: 'a', name: 'rtcp-mux', value: '' },
  ]);
  expect(splitSdp('', refuse)).toEqual([]);
});

test.each([
  ['V=0', '1 is not of the form x=value'],
  ['v=0\nnonsense', '2 is not of the form x=value'],
  ['v=0\n\na=x', '2 is blank'],
  ['v=0\na=\u0007', '2 contains a control character or broken UTF-8'],
  ['v=0\na=\u007f', '2 contains a control character or broken UTF-8'],
  ['a=\udc00', '1 is no valid Unicode'],
  [`a=${'x'.repeat(maxLineLength)}`, `1 is longer than ${maxLineLength} characters`],
  ['a=x\n'.repeat(maxLines + 1), `${maxLines + 1} more than ${maxLines} lines`],
])('refuses %j', (text, problem) => {
  expect(() => splitSdp(text, refuse)).toThrow(problem);
});
