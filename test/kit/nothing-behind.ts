import type { Snapshot } from '#src/core/status.ts';
import type { openHttpServer } from '#src/http/server.ts';

/** What an HTTP server asks of the rest of the gateway, where a test is about none of it. */
export const nothingBehind = {
  snapshot: () => ({ streams: [], node: {} }) as unknown as Snapshot,
  readiness: () => ({ ready: true, problems: [] }),
  metrics: () => Promise.resolve({ type: 'text/plain', text: '' }),
  hls: { handle: () => false },
} satisfies Partial<Parameters<typeof openHttpServer>[0]>;
