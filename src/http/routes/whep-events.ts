import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { Failure } from '#src/core/failure.ts';
import { expectJson } from '#src/http/json-body.ts';
import { textBody } from '#src/http/limits-body.ts';
import { basesOf, mediaTypeOf, methodNotAllowed } from '#src/http/request.ts';
import { EventStreamReader, eventStreamHeaders } from '#src/http/event-stream.ts';
import { parseJson } from '#src/http/wish-request.ts';
import { type EventChannel, type ViewerEventName, viewerEventNames } from '#src/session/event-channel.ts';
import { unknownEventStream } from '#src/session/failures.ts';
import { carriedQuery, type ExtensionDeps, type Holder, sessionOf } from '#src/http/extension-session.ts';

const collectionMethods = 'OPTIONS, GET, POST';
const streamMethods = 'OPTIONS, GET, HEAD, DELETE';
const eventNames = z.array(z.enum(viewerEventNames)).max(64);

/** Event streams of a WHEP session (WHEP core extensions, "Server Sent Events"): made by POST, read by GET, ended by DELETE. */
export function whepEventsRouter(deps: ExtensionDeps, holder: Holder): Router {
  const { events, config } = deps;
  const router = Router({ caseSensitive: true });
  router
    .route('/whep/:stream/:session/events')
    .options((_request, response) => {
      response.status(200).setHeader('Accept-Post', 'application/json').end();
    })
    .post(unlessEmpty(expectJson), textBody, async (request: Request, response: Response) => {
      const session = await holder(request);
      const names = readNames(String(request.body));
      const channel = events.open({ session, names, shape: shapeOf(request) });
      const path = `/whep/${session.stream}/${session.id}/events/${channel.id}${carriedQuery(request)}`;
      response
        .status(201)
        .location(basesOf(request, config()).server + path)
        .set('Cache-Control', 'no-store')
        .end();
    })
    // Some players read the announced URL at once.
    .get(async (request, response) => {
      const session = await holder(request);
      if (request.method === 'HEAD') return void response.status(200).set(eventStreamHeaders).end();
      const channel = events.open({ session, names: viewerEventNames, shape: shapeOf(request) });
      response.once('close', () => events.close(channel));
      serve(deps, channel, { request, response });
    })
    .all(methodNotAllowed(collectionMethods));

  /** The name of an event stream cannot be guessed: who knows it may read and end it. */
  const channelOf = (request: Request): EventChannel => {
    const channel = events.find(sessionOf(deps, request), String(request.params['channel']));
    if (channel === undefined) throw unknownEventStream();
    return channel;
  };
  router
    .route('/whep/:stream/:session/events/:channel')
    .options((_request, response) => void response.status(200).end())
    .get((request, response) => {
      const channel = channelOf(request);
      if (request.method === 'HEAD') response.status(200).set(eventStreamHeaders).end();
      else serve(deps, channel, { request, response });
    })
    .delete((request, response) => {
      events.close(channelOf(request));
      response.status(200).end();
    })
    .all(methodNotAllowed(streamMethods));
  return router;
}

/** Streams to one reader until it goes, the event stream is deleted, or the session ends. */
function serve(
  { events }: ExtensionDeps,
  channel: EventChannel,
  { request, response }: { readonly request: Request; readonly response: Response },
): void {
  const { untyped } = request.query;
  const reader = new EventStreamReader(response, { withUntyped: untyped === '1' || untyped === 'true' });
  const reading = events.read(channel, reader);
  response.on('drain', () => channel.resume());
  response.once('close', () => reading[Symbol.dispose]());
}

/** A POST without a body asks for all events. */
function unlessEmpty(next: RequestHandler): RequestHandler {
  return (request, response, done) => {
    const announced = request.headers['transfer-encoding'] ?? request.headers['content-length'] ?? '0';
    if (announced === '0' && mediaTypeOf(request) === '') done();
    else void next(request, response, done);
  };
}

function readNames(text: string): readonly ViewerEventName[] {
  if (text.trim() === '') return viewerEventNames;
  const names = eventNames.safeParse(parseJson(text, badEvents));
  if (!names.success) throw badEvents(z.prettifyError(names.error));
  return names.data;
}

const badEvents = (why: string): Failure =>
  new Failure(
    'invalid',
    'unknown-event',
    `send a JSON array of names among ${viewerEventNames.join(', ')}: ${why}`,
  );

function shapeOf({ query }: Request): 'grouped' | 'list' {
  return query['layers'] === 'list' ? 'list' : 'grouped';
}
