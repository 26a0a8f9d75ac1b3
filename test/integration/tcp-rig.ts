import { silentLog } from '#src/core/log.ts';
import type { MediaPlane } from '#src/core/plane.ts';
import type { PeerReport, PlaneReport } from '#src/core/plane-report.ts';
import type { RelayLimits } from '#src/media/tcp/limits.ts';
import { openMediaPlane } from '#src/media/worker-plane.ts';
import { EventLog, eventually, TestPeer, type PeerSeat } from './media-kit.ts';
import { TcpLeg } from './tcp-leg.ts';

const opened: AsyncDisposable[] = [];

/** Closes what the last test opened, the newest first. */
export async function closeAll(): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
}

/** Closes it when the test is over. */
export function own<T extends AsyncDisposable>(one: T): T {
  opened.push(one);
  return one;
}

/** A media plane with a TCP port. */
export interface Rig {
  readonly plane: MediaPlane;
  readonly tcpPort: number;
  readonly events: EventLog;
  report(): PlaneReport | undefined;
  reportOf(peer: TestPeer): PeerReport | undefined;
}

/** Opens one; its peers may be silent for long, because the machine may be busy. */
export async function openTcpRig(
  limits: Partial<RelayLimits> = {},
  { inline = true, workers = 1 }: { readonly inline?: boolean; readonly workers?: number } = {},
): Promise<Rig> {
  const tcp = { port: 'same', limits } as const;
  const prices = { homeCost: 0, mirrorCost: 0 };
  const plane = own(
    await openMediaPlane(
      { port: 0, address: '127.0.0.1', inline, workers, tcp, prices, silenceTimeoutMs: 60_000 },
      silentLog,
    ),
  );
  const events = new EventLog(plane);
  const { tcpPort } = plane;
  if (tcpPort === undefined) throw new Error('there is no TCP port');
  const report = (): PlaneReport | undefined => events.of('report').at(-1)?.report;
  const reportOf = ({ id }: TestPeer): PeerReport | undefined =>
    report()?.peers.find(({ peer }) => peer === id);
  return { plane, tcpPort, events, report, reportOf };
}

/** A peer that reaches the plane over TCP alone. */
export async function joinOverTcp(
  { plane, tcpPort }: Rig,
  seat?: PeerSeat,
): Promise<{ peer: TestPeer; leg: TcpLeg }> {
  const leg = own(await TcpLeg.open(tcpPort));
  const peer = own(await TestPeer.open(plane, undefined, seat));
  peer.planePort = leg.port;
  await peer.check();
  plane.send({ type: 'secure', peer: peer.id, keys: peer.keys });
  return { peer, leg };
}

/** Two reports later everything that was sent is counted. */
export async function settled({ events }: Rig): Promise<void> {
  const wanted = events.of('report').length + 2;
  await eventually('two reports', () => events.of('report').length >= wanted);
}
