import { expect, test } from 'vitest';
import { parseEvent, readEvents, type ServerEvent } from '#public/shared/event-stream.ts';

function bodyOf(chunks: readonly string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk, 'latin1'));
      controller.close();
    },
  });
}

test('events come as they were sent, wherever the network cuts them', async () => {
  const text = Buffer.from(
    'event: snapshot\ndata: {"a":"ä: b"}\n\nevent: bye\ndata:x\n\nevent: half',
  ).toString('latin1');
  for (const size of [1, 7, 1_000]) {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_one, at) =>
      text.slice(at * size, (at + 1) * size),
    );
    const seen: ServerEvent[] = [];
    for await (const event of readEvents(bodyOf(chunks))) seen.push(event);
    expect(seen).toEqual([
      { name: 'snapshot', data: '{"a":"ä: b"}' },
      { name: 'bye', data: 'x' },
    ]);
  }
});

test('an event without a name is a message, its data may have several lines', () => {
  expect(parseEvent(': comment\ndata: a\ndata: b')).toEqual({ name: 'message', data: 'a\nb' });
});

test('who stops reading closes the stream', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from('data: 1\n\ndata: 2\n\n')),
    cancel: () => void (cancelled = true),
  });
  for await (const { data } of readEvents(body)) {
    expect(data).toBe('1');
    break;
  }
  expect(cancelled).toBe(true);
});
