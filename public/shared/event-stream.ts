/** One server-sent event. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Far above a snapshot of a full node; a stream without an end of an event is given up. */
const maxChars = 20_000_000;

/** The gateway beats every 15 s; after this long without a byte the connection is dead, whatever TCP believes. */
const silenceMs = 45_000;

/**
 * Reads server-sent events from a response. EventSource cannot send a header, and a token must not be in a URL. Understands
 * what the gateway sends: `event` and `data`, a line each.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await withPatience(reader.read());
      if (done) return;
      text += decoder.decode(value, { stream: true });
      if (text.length > maxChars) throw new Error('An event of the gateway has no end.');
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) yield parseEvent(block);
    }
  } finally {
    // Whoever stops reading closes the connection too.
    await reader.cancel().catch(() => undefined);
  }
}

function withPatience<T>(reading: Promise<T>): Promise<T> {
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('The gateway fell silent.')), silenceMs);
  return Promise.race([reading, silence]).finally(() => clearTimeout(timer));
}

/** Reads one block of lines. */
export function parseEvent(block: string): ServerEvent {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [field = '', ...rest] = line.split(':');
    const value = rest.join(':').replace(/^ /, '');
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
  }
  return { name, data: data.join('\n') };
}
