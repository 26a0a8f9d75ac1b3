import { Router } from 'express';

/** What /readyz asks; every problem is a sentence. */
export interface Readiness {
  readonly ready: boolean;
  /** Things that are wrong though the node serves, e.g. no FFmpeg. */
  readonly problems: readonly string[];
}

/** `/livez` (the loop turns), `/readyz` (it can take streams) and `/metrics` (Prometheus text). */
export function healthRouter(
  readiness: () => Readiness,
  metrics: () => Promise<{ type: string; text: string }>,
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
  router.get('/metrics', async (_request, response) => {
    const { type, text } = await metrics();
    response.set({ 'Content-Type': type, 'Cache-Control': 'no-store' }).send(text);
  });
  return router;
}
