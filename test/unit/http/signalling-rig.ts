import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';

import { openDoors } from '#src/auth/open.ts';
import { Failure } from '#src/core/failure.ts';
import { silentLog } from '#src/core/log.ts';
import { gateOf } from '#src/http/access.ts';
import { httpConfig } from '#src/http/config.ts';
import { sendProblem } from '#src/http/problem.ts';
import { signallingRouter } from '#src/http/routes/signalling.ts';
import type { OfferRequest, SessionDeps } from '#src/session/deps.ts';
import { openPublisher } from '#src/session/publish.ts';
import type { Session } from '#src/session/sessions.ts';
import { offerViewer, openViewer } from '#src/session/view.ts';
import { sessionRig } from '#test/kit/session-fakes.ts';

/** WHIP and WHEP over HTTP, with fakes behind them. */
export interface SignallingRig extends AsyncDisposable, ReturnType<typeof sessionRig> {
  /** For example http://127.0.0.1:40123. */
  readonly origin: string;
}

/** The offer that fails with the failure it names, as `refuse:kind:code`; every other is answered. */
function refusing(
  open: (deps: SessionDeps, request: OfferRequest) => Promise<Session>,
): (deps: SessionDeps, request: OfferRequest) => Promise<Session> {
  return (deps, request) => {
    const [word, kind, code = ''] = request.offer.split(':');
    if (word !== 'refuse') return open(deps, request);
    return Promise.reject(
      new Failure(kind === '503' ? 'unavailable' : 'unprocessable', code, 'as the test wants it'),
    );
  };
}

const problems: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  sendProblem(error, response, silentLog);
};

/** Opens the two signalling doors on a port of the system's choice. */
export async function openSignalling(
  settings: Readonly<Record<string, number | boolean | string>> = {},
): Promise<SignallingRig> {
  const rig = sessionRig(settings);
  const access = openDoors();
  const config = httpConfig.parse({ port: 0, address: '127.0.0.1' });
  const doors = { sessions: rig.deps, access, gate: gateOf(access), config: () => config };
  const app = express();
  app.use(signallingRouter({ path: 'whip', role: 'publisher', open: refusing(openPublisher) }, doors));
  const whep = { open: refusing(openViewer), offer: offerViewer };
  app.use(signallingRouter({ path: 'whep', role: 'viewer', ...whep }, doors));
  app.use(problems);
  const server = app.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    ...rig,
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
