import { join } from 'node:path';
import type { CmafEpoch } from '#src/core/cmaf.ts';
import { openAccess } from '#src/auth/authorizer.ts';
import { openPassDesk } from '#src/auth/broadcast-pass.ts';
import { isLoopback, mustBeGuarded } from '#src/auth/exposure.ts';
import { openPasses } from '#src/auth/passes.ts';
import { openRevocationsFile } from '#src/auth/revocations-file.ts';
import { openBridge } from '#src/bridge/bridge.ts';
import { CoreBudget } from '#src/bridge/core-budget.ts';
import { openEncoderDesk, type EncoderDesk } from '#src/bridge/encoders-desk.ts';
import { StreamEncoder } from '#src/bridge/encoders-stream.ts';
import { type FfmpegOutcome, type FfmpegSearch, searchFfmpeg } from '#src/bridge/ffmpeg-search.ts';
import { ladderFor } from '#src/bridge/ladder.ts';
import { bridgeWhenFound } from '#src/bridge/late-bridge.ts';
import { soundRulesFor } from '#src/bridge/sounds/sound-names.ts';
import { StreamLadder } from '#src/bridge/stream-ladder.ts';
import type { Config } from '#src/config/schema.ts';
import { systemClock } from '#src/core/clock.ts';
import { globMatches } from '#src/core/glob.ts';
import type { PublicationId, StreamId } from '#src/core/ids.ts';
import { Lifetime, type Living } from '#src/core/lifetime.ts';
import type { Log } from '#src/core/log.ts';
import type { NodeStatus, Snapshot } from '#src/core/status.ts';
import { openDoctor } from '#src/doctor/doctor.ts';
import { openHlsOrigin } from '#src/hls/origin.ts';
import type { AnyRequest } from '#src/http/exchange.ts';
import { hlsGateOf } from '#src/http/hls-gate.ts';
import { clientAddress } from '#src/http/limits-address.ts';
import { rateLimits } from '#src/http/limits.ts';
import { openHttpServer } from '#src/http/server.ts';
import { openMediaPlane } from '#src/media/worker-plane.ts';
import { openRecordings } from '#src/record/desk.ts';
import { parseVodPath } from '#src/record/names.ts';
import { publicProblems } from '#src/record/status.ts';
import { advertisedAddresses } from '#src/rtc/addresses.ts';
import { openPeerGateway } from '#src/rtc/gateway.ts';
import { type Broadcast, joinBroadcast } from '#src/session/broadcast.ts';
import { openCheckups } from '#src/session/checkups.ts';
import { ViewerEvents } from '#src/session/events.ts';
import { Reports } from '#src/session/reports.ts';
import { Sessions } from '#src/session/sessions.ts';
import { streamStatus } from '#src/session/status.ts';
import { Streams } from '#src/session/streams.ts';
import { openTaps } from '#src/session/taps.ts';
import { openNodeMeter } from '#src/telemetry/node-status.ts';
import { openMetrics } from '#src/telemetry/prometheus.ts';

/** What the process gives its gateway. */
export interface AppContext {
  readonly version: string;
  readonly log: Log;
  /** Calls the opening off. */
  readonly signal: AbortSignal;
}

/** A running gateway. */
export interface App extends Living {
  readonly httpPort: number;
  /** UDP ports of the media workers. */
  readonly rtcPorts: readonly number[];
  readonly addresses: readonly string[];
  /** What was found of FFmpeg by now. */
  readonly ffmpeg: FfmpegOutcome;
  /** A stream key that only this process knows, for its own demo source. */
  readonly ownKey: string;
  /** Whether anybody is asked for a token. */
  readonly guarded: boolean;
  /** Whether others than this machine reach the HTTP server. */
  readonly exposed: boolean;
  /** Takes settings that may change while running. */
  reconfigure(next: Config): void;
}

/**
 * The floor plan: opens every room in order and hands each what it needs; closes them in reverse. Throws the Failure of
 * whatever cannot be opened, and then nothing is left open.
 */
export async function openApp(first: Config, context: AppContext): Promise<App> {
  const life = new Lifetime();
  try {
    return await openRooms(life, first, context);
  } catch (error) {
    await life.end();
    throw error;
  }
}

async function openRooms(life: Lifetime, first: Config, { version, log, signal }: AppContext): Promise<App> {
  let config = first;
  const clock = systemClock;
  const room = (name: string): Log => log.child({ room: name });

  mustBeGuarded(config.http.address, config.auth);
  const revocations = life.own(
    await openRevocationsFile({ file: revocationsFileOf(config), log: room('auth'), nowMs: Date.now }),
  );
  const loopback = isLoopback(config.http.address);
  const access = life.own(
    openAccess({ log: room('auth'), loopback, nowMs: Date.now, revocations }, config.auth),
  );
  const limits = rateLimits(() => config.http);
  const passes = life.own(openPasses(limits.beside(access), { nowMs: Date.now }));
  const passDesk = openPassDesk({ settings: () => config.auth, open: () => access.open, nowMs: Date.now });
  const addressOf = (request: AnyRequest): string => clientAddress(request, config.http.trustedProxies);
  const hlsGate = hlsGateOf({ authorizer: access, pass: passes.pass, desk: passDesk, limits, addressOf });
  const ffmpeg = life.own(await searchFfmpeg(config.bridge.ffmpegPath, room('bridge'), signal));
  const { port, bindAddress, tcpPort, tcpMaxConnections, tcpMaxConnectionsPerAddress } = config.rtc;
  const tcp = {
    port: tcpPort,
    limits: { connections: tcpMaxConnections, connectionsPerAddress: tcpMaxConnectionsPerAddress },
  };
  const bound = { port, tcp, ...(bindAddress !== undefined && { address: bindAddress }) };
  const plane = life.own(await openMediaPlane({ ...config.media, ...bound }, room('media')));
  const addresses = await advertisedAddresses(config.rtc);
  const gateway = life.own(await openPeerGateway({ plane, addresses, config: config.rtc, log: room('rtc') }));
  const reports = life.own(new Reports(plane));
  const recordings = life.own(
    await openRecordings(
      {
        ...{ clock, log: room('record') },
        // Also where there is none yet: it may come.
        ffmpegPath: config.bridge.ffmpegPath || 'ffmpeg',
        targetDurationMs:
          Math.ceil(Math.max(config.hls.targetDurationMs, config.hls.segmentTargetMs) / 1000) * 1000,
      },
      config.record,
    ),
  );
  const origin = life.own(
    openHlsOrigin(
      {
        clock,
        log: room('hls'),
        gate: hlsGate,
        addressOf,
        sinks: recordings,
        pictures: recordings.pictures,
        matches: globMatches,
      },
      config.hls,
    ),
  );

  const bridgeDeps = { segmentTargetMs: config.hls.segmentTargetMs, clock, log: room('bridge') };
  let encoders: EncoderDesk | undefined;
  life.own(
    ffmpeg.whenFound((found) => {
      encoders = life.own(openEncoderDesk(config.bridge.encoder, found, room('bridge')));
    }),
  );
  const budget = new CoreBudget(config.bridge.coreBudget);
  const ladderOf = (stream: StreamId): StreamLadder =>
    new StreamLadder(
      ladderFor(config.bridge, (pattern) => globMatches(pattern, stream)),
      budget.claim(),
      () => encoders?.lack,
    );
  const tapOf = openTaps(plane);
  const openBroadcast = (stream: StreamId, publication: PublicationId): Broadcast => {
    const packager = origin.packager(stream);
    const onEpoch = (epoch: CmafEpoch): void => packager.accept(epoch);
    const taps = tapOf(publication);
    const ladder = ladderOf(stream);
    const soundRules = soundRulesFor(config.bridge.sounds, (pattern) => globMatches(pattern, stream));
    const bridge = bridgeWhenFound({
      search: ffmpeg,
      open: (found) =>
        openBridge(
          {
            ...{ ...bridgeDeps, stream, taps, onEpoch, ffmpeg: found, ladder, soundRules },
            ...(encoders && { encoder: new StreamEncoder(encoders) }),
          },
          config.bridge,
        ),
      parts: ladder,
    });
    return joinBroadcast(packager, bridge, ladder);
  };
  const streams = life.own(
    new Streams({
      plane,
      openBroadcast,
      openDoctor: (stream, publication) =>
        openDoctor({
          packets: tapOf(publication),
          clock,
          log: room('doctor').child({ streamId: stream }),
        }),
      config: () => config.session,
      log: room('session'),
      nowMs: () => clock.wallMs(),
    }),
  );
  life.own(openCheckups(plane, streams, reports));
  const sessions = new Sessions(
    () => config.session.tombstoneMs,
    () => clock.nowMs(),
  );
  life.own(access.onRevoked((isRevoked) => sessions.endRevoked(isRevoked)));

  const events = life.own(new ViewerEvents({ plane, streams, reports, clock }));
  const node = life.own(
    openNodeMeter({
      version,
      plane,
      addresses,
      ffmpeg: () => ffmpegStatus(ffmpeg, encoders),
      report: () => reports.latest,
      limits: () => ({
        interactiveLimitPerStream: config.tier.interactiveLimitPerStream,
        interactiveLimit: config.tier.interactiveLimit,
      }),
    }),
  );
  const snapshot = (): Snapshot => ({
    node: node.read(),
    streams: [...streams.all].map((stream) => streamStatus(stream, reports)),
    record: recordings.report,
  });
  const http = life.own(
    await openHttpServer({
      events,
      sessions: { gateway, streams, sessions, rules: () => config.tier, config: () => config.session, clock },
      access,
      tokens: access,
      passes: passDesk,
      limits,
      recordings: { desk: recordings, readPath: parseVodPath },
      timedText: origin,
      snapshot,
      readiness: () => ({
        ready: !life.ended,
        problems: [...ffmpegProblems(ffmpeg, encoders), ...publicProblems(recordings)],
      }),
      metrics: openMetrics(snapshot),
      hls: origin,
      config: () => config.http,
      log: room('http'),
    }),
  );

  life.defer(() => passed(config.session.drainMs, [plane, http]));
  // First of all that ends: nobody new comes in, and players hear where to go on before their connections close.
  life.defer(() => {
    streams.refuseNew();
    events.moveAll(config.session.overflowUrl);
  });

  // What cannot be opened again ends the whole: a service manager then starts a fresh one.
  for (const vital of [plane, http]) void vital.closed.then((reason) => life.end(reason));
  return {
    httpPort: http.port,
    rtcPorts: plane.ports,
    addresses,
    get ffmpeg() {
      return ffmpeg.outcome;
    },
    closed: life.closed,
    ownKey: access.ownKey,
    guarded: !access.open,
    exposed: !isLoopback(first.http.address),
    reconfigure(next) {
      config = next;
      access.reconfigure(next.auth);
      origin.reconfigure(next.hls);
    },
    [Symbol.asyncDispose]: () => life.end(),
  };
}

/** The time that those who are here have left; less when what serves them is gone. */
function passed(drainMs: number, vital: readonly Living[]): Promise<unknown> {
  const over = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => over.resolve(undefined), drainMs);
  return Promise.race([over.promise, ...vital.map(({ closed }) => closed)]).finally(() =>
    clearTimeout(timer),
  );
}

/** Beside what else is written to disk, unless the settings have another place. */
function revocationsFileOf({ auth, record }: Config): string {
  return auth.revocationsFile === '' ? join(record.directory, 'revoked-tokens.json') : auth.revocationsFile;
}

function ffmpegProblems(search: FfmpegSearch, encoders: EncoderDesk | undefined): readonly string[] {
  const problem = search.failure?.message ?? encoders?.lack;
  return problem === undefined ? [] : [problem];
}

function ffmpegStatus(search: FfmpegSearch, encoders: EncoderDesk | undefined): NodeStatus['ffmpeg'] {
  const { outcome } = search;
  const [problem = null] = ffmpegProblems(search, encoders);
  if (!('found' in outcome)) return { available: false, version: null, problem };
  return { available: true, version: outcome.found.version, problem, hardware: encoders?.report ?? [] };
}
