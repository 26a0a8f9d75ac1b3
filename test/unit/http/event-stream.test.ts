import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { EventStreamReader } from '#src/http/event-stream.ts';

function rig(withUntyped = false): {
  reader: EventStreamReader;
  socket: { writableNeedDrain: boolean; writableEnded: boolean };
  take: () => string;
} {
  let text = '';
  const socket = {
    writableNeedDrain: false,
    writableEnded: false,
    destroyed: false,
    writeHead: () => undefined,
    write: (part: string) => (text += part),
    end: () => (socket.writableEnded = true),
  };
  const reader = new EventStreamReader(socket as unknown as ServerResponse, { withUntyped });
  return {
    reader,
    socket,
    take: () => {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

test('an event is typed, numbered and has one line of data; a sign of life is a comment', () => {
  const { reader, take } = rig();
  expect(take()).toBe('retry: 2000\n\n');
  expect(reader.send('viewercount', '{"viewercount":3}')).toBe(true);
  expect(take()).toBe('id: 1\nevent: viewercount\ndata: {"viewercount":3}\n\n');
  reader.beat();
  expect(take()).toBe(':\n\n');
  reader.send('active', '{}');
  expect(take()).toContain('id: 2\n');
});

test('on request, each comes again without a type', () => {
  const { reader, take } = rig(true);
  reader.send('active', '{}');
  expect(take()).toMatch(/\n\ndata: \{"type":"event","name":"active","data":\{\}\}\n\n$/);
});

test('nothing is written to a socket that is full or has ended', () => {
  const { reader, socket, take } = rig();
  take();
  socket.writableNeedDrain = true;
  expect(reader.send('active', '{}')).toBe(false);
  reader.beat();
  socket.writableNeedDrain = false;
  expect(reader.send('active', '{}')).toBe(true);
  expect(take()).toContain('id: 1\n');
  reader.end();
  expect(reader.send('inactive', '{}')).toBe(false);
  expect(take()).toBe('');
});
