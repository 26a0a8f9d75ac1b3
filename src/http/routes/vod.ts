import { type NextFunction, type Request, type Response, Router } from 'express';
import { openCredential } from '#src/core/access.ts';
import { Failure } from '#src/core/failure.ts';
import { parseStreamId, type StreamId } from '#src/core/ids.ts';
import { weigh } from '#src/core/preconditions.ts';
import type { RecordingDesk, VodAnswer, VodPlaylist, VodRequest } from '#src/core/record.ts';
import type { RouteDeps } from '#src/http/access.ts';
import type { RateLimits } from '#src/http/limits.ts';
import { type AnswerAudience, askPassDesk } from '#src/http/pass-gate.ts';
import { clientGone, methodNotAllowed } from '#src/http/request.ts';
import { sendFile } from '#src/http/send-file.ts';

/** Reads a path below /vod/; undefined for what names nothing of a recording. */
export type ReadVodPath = (path: string) => VodRequest | undefined;

/** Who is let in, and what the books say of those who guess. */
export type VodDoors = Pick<RouteDeps, 'gate' | 'passes'> & {
  readonly limits?: Pick<RateLimits, 'guarded'> | undefined;
};

/** For how long an answer may be kept. */
interface Lifetime {
  readonly maxAgeS: number;
  readonly immutable?: true;
}

const prefix = '/vod/';
/** Of files that are written once; browsers ask for none of these again. */
const forEver: Lifetime = { maxAgeS: 31_536_000, immutable: true };
/** Of what is made of a recording, and may be made again. */
const long: Lifetime = { maxAgeS: 3_600 };
/** A complete recording may still be removed: its playlists are looked at again after a while. */
const whole: Lifetime = { maxAgeS: 60 };
const brief: Lifetime = { maxAgeS: 1 };

/**
 * `GET /vod/:stream/:id/…`: playlists, media and pictures of recordings, and `/vod/:stream/:id.mp4`. Who may view the stream
 * may view its recordings: with a token, or with a pass in the path (`/vod/t/PASS/:stream/…`, which everything relative inherits)
 * or in a cookie. `GET /vod/t/PASS/:stream/pass` tells a cache whether a pass is good.
 */
export function vodRouter(desk: RecordingDesk, readPath: ReadVodPath, doors: VodDoors): Router {
  const router = Router();
  const serve = async (request: Request, response: Response): Promise<void> => {
    const { pass, path } = splitPath(request.path.slice(prefix.length));
    const asksAbout = pass === undefined ? undefined : verdictOf(path);
    if (asksAbout !== undefined) {
      sendVerdict(response, await admit({ request, response }, asksAbout, { ...doors, pass }));
      return;
    }
    const asked = readPath(path);
    if (!asked)
      throw new Failure('missing', 'no-such-recording-path', 'this path names nothing of a recording');
    const audience = await admit({ request, response }, asked.stream, { ...doors, pass });
    const answer = await desk.open(asked, clientGone(response));
    if (audience === 'private') response.vary('Authorization');
    await send(response, answer, audience);
  };
  router.use(async (request: Request, response: Response, next: NextFunction) => {
    if (!request.path.startsWith(prefix)) next();
    else if (request.method === 'GET' || request.method === 'HEAD') await serve(request, response);
    else methodNotAllowed('GET, HEAD, OPTIONS')(request, response);
  });
  return router;
}

/** A pass stands before what is asked for. A stream may be called `t` too: its paths are shorter than any with a pass. */
function splitPath(path: string): { readonly pass: string | undefined; readonly path: string } {
  const [, pass, rest = path] = /^t\/([^/]+)\/([^/]+\/.+)$/.exec(path) ?? [];
  return { pass, path: rest };
}

/** The stream of whose pass a cache asks. */
function verdictOf(path: string): StreamId | undefined {
  return path.endsWith('/pass') ? parseStreamId(path.slice(0, -'/pass'.length)) : undefined;
}

/** Who may keep the answer; throws for who may not have it. */
async function admit(
  exchange: { readonly request: Request; readonly response: Response },
  stream: StreamId,
  { gate, passes: desk, limits, pass }: VodDoors & { readonly pass: string | undefined },
): Promise<AnswerAudience> {
  const { request } = exchange;
  const addressOf = (): string => request.ip ?? '';
  const shown = { request, door: 'vod', folder: stream, pass } as const;
  const audience = await askPassDesk({ desk, limits, addressOf }, shown);
  if (audience !== undefined) return audience;
  const grant = await gate(exchange, 'view', stream);
  return grant.credential === openCredential ? 'public' : 'private';
}

async function send(response: Response, answer: VodAnswer, audience: AnswerAudience): Promise<void> {
  switch (answer.is) {
    case 'playlist':
      await sendPlaylist(response, answer.playlist, cacheControl(audience, answer.immutable ? whole : brief));
      return;
    case 'file': {
      const { immutable, remade } = answer.file;
      const lifetime = !immutable ? brief : remade === true ? long : forEver;
      await sendFile(response, answer.file, cacheControl(audience, lifetime));
      return;
    }
    case 'elsewhere':
      response.set('Cache-Control', cacheControl(audience, whole)).redirect(302, answer.url);
      return;
  }
}

/** Compressed where the client takes it; each form is a version of its own (RFC 9110 section 8.8.3.3). */
async function sendPlaylist(
  response: Response,
  { plain, gzip, etag }: VodPlaylist,
  lifetime: string,
): Promise<void> {
  const { req: request } = response;
  const zipped = request.acceptsEncodings('gzip') === 'gzip';
  const version = { etag: `"${etag}${zipped ? '-gzip' : ''}"` };
  const verdict = weigh(request, version);
  if (verdict === 'failed')
    throw new Failure(
      'stale',
      'precondition-failed',
      'the playlist is not the version that the request is for',
    );
  const body = verdict === 'proceed' && zipped ? await gzip() : plain;
  response.vary('Accept-Encoding');
  response.set({ ETag: version.etag, 'Cache-Control': lifetime });
  if (verdict === 'not-modified') {
    response.status(304).end();
    return;
  }
  response.set({ 'Content-Type': 'application/vnd.apple.mpegurl', 'Content-Length': String(body.length) });
  if (zipped) response.set('Content-Encoding', 'gzip');
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** A pass that is good may be taken for good until it ends; that nobody needs one may change with the settings. */
function sendVerdict(response: Response, audience: AnswerAudience): void {
  const lifetime = typeof audience === 'object' ? { maxAgeS: Infinity } : { maxAgeS: 10 };
  response.status(204).set('Cache-Control', cacheControl(audience, lifetime)).end();
}

/** No longer than the URL is good: a cache that checks no passes must not serve what its gateway refuses. */
function cacheControl(audience: AnswerAudience, { maxAgeS, immutable }: Lifetime): string {
  const lasting = immutable ? ', immutable' : '';
  if (typeof audience === 'string') return `${audience}, max-age=${maxAgeS}${lasting}`;
  const leftS = Math.max(0, Math.floor((audience.publicUntilMs - Date.now()) / 1000));
  return `public, max-age=${Math.min(maxAgeS, leftS)}${lasting}`;
}
