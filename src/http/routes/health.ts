import { Router } from 'express';
import type { Gate } from '#src/http/access.ts';

/** What /readyz asks; every problem is a sentence. */
export interface Readiness {
  readonly ready: boolean;
  /** Things that are wrong though the node serves, e.g. no FFmpeg. */
  readonly problems: readonly string[];
}

/** `/livez` (the loop turns) and `/readyz` (it can take streams) for everybody, `/metrics` (Prometheus text) for operators. */
export function healthRouter(
  readiness: () => Readiness,
  metrics: () => Promise<{ type: string; text: string }>,
  gate: Gate,
): Router {
  const router = Router();
  router.get('/livez', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'alive' });
  });
  router.get('/readyz', (_request, response) => {
    const { ready, problems } = readiness();
    const status = ready ? (problems.length > 0 ? 'degraded' : 'ready') : 'not-ready';
    response
      .status(ready ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status, problems });
  });
  router.get('/metrics', async (request, response) => {
    await gate({ request, response }, 'operate');
    const { type, text } = await metrics();
    response.set({ 'Content-Type': type, 'Cache-Control': 'no-store' }).send(text);
  });
  return router;
}
