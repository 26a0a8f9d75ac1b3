import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { socketAddress } from '#src/media/address.ts';
import {
  bindingSuccessResponse,
  parseBindingRequest,
  roleConflictResponse,
  type BindingRequest,
} from '#src/media/stun.ts';
import { MappedAddress } from '#src/media/tcp/mapped-address.ts';
import { bindingRequest } from '#test/integration/media-kit.ts';

const password = 'a password of ours';
const relay = socketAddress('127.0.0.1', 40_000);

function ask(): BindingRequest {
  const request = parseBindingRequest(bindingRequest('ours:theirs', password));
  if (typeof request === 'string') throw new Error(request);
  return request;
}

test.each([
  ['192.0.2.9', '0001', 8],
  ['2001:db8::9', '0002', 20],
])('an answer names the client %s, signed with the same password', (ip, family, length) => {
  const mapped = new MappedAddress(socketAddress(ip, 50_001));
  const request = ask();
  mapped.asked(request.transaction, password);
  const answer = mapped.answer(bindingSuccessResponse(request, relay, password));
  expect(answer).toEqual(bindingSuccessResponse(request, socketAddress(ip, 50_001), password));
  expect(answer.subarray(4, 20)).toEqual(request.datagram.subarray(4, 20));
  expect(answer.readUInt16BE(22)).toBe(length);
  expect(answer.subarray(24, 26).toString('hex')).toBe(family);
  expect(answer.readUInt16BE(26) ^ 0x2112).toBe(50_001);
  const at = 24 + length;
  const signed = Buffer.from(answer.subarray(0, at));
  signed.writeUInt16BE(at + 4, 2);
  const integrity = createHmac('sha1', password).update(signed).digest();
  expect(answer.subarray(at + 4, at + 24)).toEqual(integrity);
});

test('errors and answers to what was never asked pass as they are', () => {
  const mapped = new MappedAddress(socketAddress('192.0.2.9', 50_001));
  const request = ask();
  const unasked = bindingSuccessResponse(request, relay, password);
  expect(mapped.answer(unasked)).toBe(unasked);
  mapped.asked(request.transaction, password);
  const conflict = roleConflictResponse(request, password);
  expect(mapped.answer(conflict)).toBe(conflict);
  const short = Buffer.from([1, 1]);
  expect(mapped.answer(short)).toBe(short);
});

test('remembers as many checks as may be on their way, with the password of each', () => {
  const mapped = new MappedAddress(socketAddress('192.0.2.9', 50_001));
  const requests = Array.from({ length: 40 }, ask);
  for (const [i, { transaction }] of requests.entries()) mapped.asked(transaction, `password ${String(i)}`);
  const rewritten = requests.map((request) => {
    const answer = bindingSuccessResponse(request, relay, password);
    return mapped.answer(answer) !== answer;
  });
  expect(rewritten).toEqual(requests.map((_, i) => i >= 8));
});
