import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { FlightSender, RecordWriter, type FlightPart } from '#src/rtc/dtls-flight.ts';
import { RecordCipher } from '#src/rtc/dtls-keys.ts';
import { splitRecords } from '#src/rtc/dtls-records.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const part = (bytes: number, isProtected = false): FlightPart => ({
  type: 22,
  content: Buffer.alloc(bytes, bytes),
  isProtected,
});
const secrets = {
  masterSecret: Buffer.alloc(48, 1),
  clientRandom: Buffer.alloc(32, 2),
  serverRandom: Buffer.alloc(32, 3),
};

test('records are numbered by epoch, and sealed in the second', () => {
  const writer = new RecordWriter();
  expect(() => writer.write(part(4, true))).toThrow('no keys');
  writer.cipher = new RecordCipher(secrets, 'client');
  const datagram = Buffer.concat(
    [part(4), part(5), part(6, true), part(7, true), part(8)].map((one) => writer.write(one)),
  );
  const records = splitRecords(datagram);
  expect(records.map(({ epoch, fragment }) => [epoch, fragment.length])).toEqual([
    [0, 4],
    [0, 5],
    [1, 6 + 24],
    [1, 7 + 24],
    [0, 8],
  ]);
  const numbers = records.map(({ epoch, sequence }) => epoch * 1_000 + sequence);
  expect(new Set(numbers).size).toBe(5);
});

test('small records share a datagram, and none becomes too large by it', () => {
  const sent: Buffer[] = [];
  using sender = new FlightSender(new RecordWriter(), (datagram) => sent.push(datagram));
  sender.start([part(500), part(500), part(500), part(100), part(1_170), part(10)]);
  expect(sent.map((datagram) => splitRecords(datagram).length)).toEqual([2, 2, 1, 1]);
  expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
});

test('the next flight replaces the one before, and after the end nothing is sent', () => {
  const sent: number[] = [];
  const sender = new FlightSender(new RecordWriter(), (datagram) => sent.push(datagram.length - 13));
  sender.start([part(1)]);
  vi.advanceTimersByTime(300);
  expect(sent).toEqual([1, 1]);
  sender.start([part(2)]);
  vi.advanceTimersByTime(300);
  expect(sent).toEqual([1, 1, 2, 2]);
  sender[Symbol.dispose]();
  sender.repeat();
  vi.advanceTimersByTime(60_000);
  expect(sent).toEqual([1, 1, 2, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

test('an answer that comes while a flight is being sent starts one timer, not two', () => {
  const sent: number[] = [];
  const sender: FlightSender = new FlightSender(new RecordWriter(), (datagram) => {
    sent.push(datagram.length - 13);
    if (sent.length === 1) sender.start([part(2)]);
  });
  sender.start([part(1)]);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(300);
  expect(sent).toEqual([1, 2, 2]);
  sender[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
});
