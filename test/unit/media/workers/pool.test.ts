import { describe, expect, test } from 'vitest';
import { nextPeerId, nextPublicationId, type PeerId } from '#src/core/ids.ts';
import type { PlaneCommand, PlaneEvent } from '#src/core/plane.ts';
import type { PlaneReport } from '#src/core/plane-report.ts';
import { PlaneProxy } from '#src/media/plane-proxy.ts';
import { noTotals } from '#src/media/viewer-totals.ts';
import { WorkerPool, type PoolMember } from '#src/media/workers/pool.ts';
import type { SharingOrder } from '#src/media/workers/sharing.ts';

type Told = PlaneCommand | SharingOrder;

class FakeMember extends PlaneProxy implements PoolMember {
  readonly engine = 'typescript';
  readonly port: number;
  readonly told: Told[] = [];

  constructor(port: number) {
    super();
    this.port = port;
  }

  send(command: PlaneCommand): void {
    this.told.push(command);
  }

  share(order: SharingOrder): void {
    this.told.push(order);
  }

  raise(event: PlaneEvent): void {
    this.tell(event);
  }

  die(error: Error): Promise<void> {
    return this.life.end({ by: 'failure', error });
  }

  get types(): readonly string[] {
    return this.told.map(({ type }) => type);
  }
}

const credentials = { ufrag: 'u', password: 'p' };
const addPeer = (peer: PeerId): PlaneCommand => ({
  type: 'add-peer',
  peer,
  local: credentials,
  remote: credentials,
});

function open(): { pool: WorkerPool; members: readonly [FakeMember, FakeMember]; events: PlaneEvent[] } {
  const members = [new FakeMember(7_000), new FakeMember(7_001)] as const;
  const pool = new WorkerPool(members, { homeCost: 0, mirrorCost: 0 });
  const events: PlaneEvent[] = [];
  pool.listen((event) => events.push(event));
  return { pool, members, events };
}

function reportOf(port: number, change: Partial<PlaneReport> = {}): PlaneEvent {
  const worker = {
    port,
    engine: 'typescript',
    peers: 1,
    datagramsOut: 5,
    mirrored: 0,
    mirrorLapses: 0,
  } as const;
  const counters = { datagramsIn: 1, datagramsOut: 5, bytesIn: 10, bytesOut: 50, sendErrors: 0 };
  const report: PlaneReport = {
    atMs: port,
    loopDelayMs: port - 7_000,
    publications: [],
    peers: [],
    counters: { ...counters, dropped: { malformed: 1 } },
    workers: [{ ...worker, loopDelayMs: port - 7_000 }],
    ...change,
  };
  return { type: 'report', report };
}

describe('a pool of media workers', () => {
  test('passes commands to the worker of the peer, and of the publication', () => {
    const { pool, members } = open();
    const publication = nextPublicationId();
    const [publisher, near, far] = [nextPeerId(), nextPeerId(), nextPeerId()];
    expect([pool.port, pool.ports]).toEqual([7_000, [7_000, 7_001]]);
    pool.send({ type: 'open-publication', publication });
    pool.send({ type: 'tap', publication, on: true });
    expect(pool.place(publisher, publication, 'publisher')).toBe(7_000);
    expect(pool.place(near, publication, 'viewer')).toBe(7_000);
    expect(pool.place(far, publication, 'viewer')).toBe(7_001);
    for (const peer of [publisher, near, far]) pool.send(addPeer(peer));
    pool.send({ type: 'publish', peer: publisher, publication, tracks: [] });
    pool.send({ type: 'view', peer: far, publication, tracks: [] });
    pool.send({ type: 'request-keyframe', publication });
    expect(members[0].types).toEqual([
      'open-publication',
      'tap',
      'share',
      'add-peer',
      'add-peer',
      'publish',
      'request-keyframe',
    ]);
    expect(members[1].types).toEqual(['open-publication', 'mirror', 'add-peer', 'view']);
    const [share, mirror] = [members[0].told[2], members[1].told[1]];
    expect(share).toMatchObject({ publication, readers: [1] });
    expect(share?.type === 'share' && mirror?.type === 'mirror' && share.ring === mirror.ring).toBe(true);
  });

  test('ends an image with its last viewer, and everything with the publication', () => {
    const { pool, members } = open();
    const publication = nextPublicationId();
    pool.send({ type: 'open-publication', publication });
    const viewers = Array.from({ length: 4 }, nextPeerId);
    const far = viewers.filter((peer) => pool.place(peer, publication, 'viewer') === 7_001);
    expect(far).toHaveLength(2);
    members[1].told.length = 0;
    pool.send({ type: 'remove-peer', peer: far[0]! });
    expect(members[1].types).toEqual(['remove-peer']);
    members[1].raise({ type: 'peer-gone', peer: far[1]!, reason: 'silent' });
    expect(members[1].types).toEqual(['remove-peer', 'close-publication']);
    expect(members[0].told.at(-1)).toMatchObject({ type: 'share', readers: [] });
    pool.place(nextPeerId(), publication, 'viewer');
    expect(members[1].types.slice(2)).toEqual(['open-publication', 'mirror']);
    pool.send({ type: 'close-publication', publication });
    expect([members[0].types.at(-1), members[1].types.at(-1)]).toEqual([
      'close-publication',
      'close-publication',
    ]);
    const count = members[0].told.length + members[1].told.length;
    pool.send({ type: 'tap', publication, on: true });
    pool.send({ type: 'remove-peer', peer: far[0]! });
    pool.send(addPeer(nextPeerId()));
    expect(members[0].told.length + members[1].told.length).toBe(count);
  });

  test('tells each event once', () => {
    const { pool, members, events } = open();
    const publication = nextPublicationId();
    pool.send({ type: 'open-publication', publication });
    for (const member of members) member.raise({ type: 'media-flows', publication, flowing: true });
    for (const member of members) member.raise({ type: 'ice-connected', peer: nextPeerId(), address: '' });
    expect(events.map(({ type }) => type)).toEqual(['media-flows', 'ice-connected', 'ice-connected']);
  });

  test('makes one report of the newest of each worker', () => {
    const { pool, members, events } = open();
    const publication = nextPublicationId();
    pool.send({ type: 'open-publication', publication });
    const ofHome = { publication, publisher: nextPeerId(), tracks: [], viewers: noTotals() };
    const ofImage = { ...ofHome, publisher: undefined };
    members[0].raise(reportOf(7_000, { publications: [] }));
    members[0].raise(reportOf(7_000, { publications: [ofHome] }));
    expect(events).toEqual([]);
    members[1].raise(reportOf(7_001, { publications: [ofImage] }));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      report: {
        atMs: 7_001,
        loopDelayMs: 1,
        publications: [ofHome],
        counters: { datagramsIn: 2, datagramsOut: 10, bytesOut: 100, dropped: { malformed: 2 } },
        workers: [{ port: 7_000 }, { port: 7_001 }],
      },
    });
    members[1].raise(reportOf(7_001));
    expect(events).toHaveLength(1);
  });

  test('ends with the first worker that does, and takes the others along', async () => {
    const { pool, members } = open();
    const error = new Error('it died');
    await members[1].die(error);
    expect(await pool.closed).toEqual({ by: 'failure', error });
    expect(await members[0].closed).toEqual({ by: 'owner' });
    expect(() => new WorkerPool([])).toThrow('without a worker');
  });
});
