import { type Request, type Response, Router } from 'express';
import type { Grant } from '#src/core/access.ts';
import type { BroadcastPass } from '#src/core/pass-desk.ts';
import { Failure } from '#src/core/failure.ts';
import type { StreamId } from '#src/core/ids.ts';
import type { RecordingDesk } from '#src/core/record.ts';
import type { Tier } from '#src/core/tier.ts';
import type { RouteDeps } from '#src/http/access.ts';
import type { HttpConfig } from '#src/http/config.ts';
import { passCookie } from '#src/http/pass-cookie.ts';
import { basesOf, streamOf } from '#src/http/request.ts';
import {
  type Bases,
  hlsFolderUrl,
  hlsPassUrl,
  recordingUrls,
  streamUrls,
  vodFolderUrl,
} from '#src/http/urls.ts';
import { join } from '#src/session/join.ts';

const query = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * `GET /join/:stream?webrtc=1|0&want=interactive|broadcast&codecs=h264,opus`: which tier, why, and where it is. Who may watch
 * LL-HLS and needs a permission for it gets a pass too, as a URL and as a cookie. All of it leads to pictures as high as the
 * viewer may have.
 *
 * `GET /join/:stream?recording=ID` is the same for a recording, whether the stream runs or not.
 */
export function joinRouter(doors: RouteDeps, recordings?: RecordingDesk): Router {
  const { sessions, gate, passes, config } = doors;
  const router = Router({ caseSensitive: true });
  router.get('/join/:stream', async (request, response) => {
    const stream = streamOf(request);
    const grant = await gate({ request, response }, 'view', stream);
    if (request.query['recording'] !== undefined) {
      joinRecording({ request, response }, { stream, grant }, { ...doors, recordings });
      return;
    }
    const answer = join(sessions, {
      stream,
      webrtc: flag(query(request.query['webrtc'])),
      wants: wish(query(request.query['want'])),
      codecs: query(request.query['codecs'])?.toLowerCase().split(',').slice(0, 16),
      granted: grant.tier,
    });
    const bases = basesOf(request, config());
    const { whep, hls } = streamUrls(bases, stream, grant.maxHeight);
    const pass = passes?.issue(stream, grant);
    if (pass) giveCookie(pass, hlsFolderUrl(bases, pass.folder), { response, bases, config: config() });
    response
      .set('Cache-Control', 'no-store')
      .json({ ...answer, whep, hls, ...(pass && { hlsPass: passAnswer(pass, bases) }) });
  });
  return router;
}

/** Where a recording is, for who may watch its stream. Throws `no-such-recording`. */
function joinRecording(
  { request, response }: { readonly request: Request; readonly response: Response },
  { stream, grant }: { readonly stream: StreamId; readonly grant: Grant },
  { passes, config, recordings }: RouteDeps & { readonly recordings: RecordingDesk | undefined },
): void {
  const status = recordings?.find(stream, query(request.query['recording']) ?? '');
  if (!status)
    throw new Failure('missing', 'no-such-recording', 'there is no such recording here, or no longer');
  const bases = basesOf(request, config());
  const folder = vodFolderUrl(bases, stream);
  const pass = passes?.issue(stream, grant, 'vod');
  if (pass) giveCookie(pass, folder, { response, bases, config: config() });
  const urls = pass && recordingUrls(vodFolderUrl(bases, stream, pass.path), status);
  response.set('Cache-Control', 'no-store').json({
    ...{ stream, recording: status.id, state: status.state, urls: recordingUrls(folder, status) },
    ...(pass && { vodPass: { urls, expiresAt: new Date(pass.untilMs).toISOString() } }),
  });
}

/** A pass as the API tells of it. */
export function passAnswer(
  pass: BroadcastPass,
  bases: Bases,
): { readonly url: string; readonly expiresAt: string } {
  return { url: hlsPassUrl(bases, pass), expiresAt: new Date(pass.untilMs).toISOString() };
}

interface CookiePlace {
  readonly response: Response;
  readonly bases: Bases;
  readonly config: HttpConfig;
}

/** For players that can send no header, on the same site. */
function giveCookie(pass: BroadcastPass, folder: string, { response, bases, config }: CookiePlace): void {
  const place = {
    folder: new URL(folder),
    server: new URL(bases.server),
    domain: config.hlsCookieDomain,
    sameSite: config.hlsCookieSameSite,
  };
  const cookie = passCookie(pass, place, Date.now());
  if (cookie !== undefined) response.set('Set-Cookie', cookie);
}

function flag(text: string | undefined): boolean {
  if (text === undefined || text === '1' || text === 'true') return true;
  if (text === '0' || text === 'false') return false;
  throw new Failure('invalid', 'bad-query', 'webrtc is 1 (the viewer can do WebRTC) or 0');
}

function wish(text: string | undefined): Tier | undefined {
  if (text === undefined || text === '' || text === 'interactive' || text === 'broadcast')
    return text || undefined;
  throw new Failure('invalid', 'bad-query', 'want is interactive or broadcast, or left out');
}
