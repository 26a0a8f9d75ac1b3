import { describe, expect, test } from 'vitest';
import { type LayerReport, nothingSent, type PlaneReport } from '#src/core/plane-report.ts';
import { type EventReader, type ViewerEventName, viewerEventNames } from '#src/session/event-channel.ts';
import { ViewerEvents } from '#src/session/events.ts';
import { openPublisher } from '#src/session/publish.ts';
import { Reports } from '#src/session/reports.ts';
import type { Session } from '#src/session/sessions.ts';
import type { Stream } from '#src/session/stream.ts';
import { openViewer } from '#src/session/view.ts';
import { offerFor, sessionRig, settle, streamName } from '#test/kit/session-fakes.ts';

/** Takes as many events as there is room for. */
class Reader implements EventReader {
  readonly got: [ViewerEventName, unknown][] = [];
  beats = 0;
  ended = false;
  room = Number.POSITIVE_INFINITY;

  send(name: ViewerEventName, data: string): boolean {
    if (this.room <= 0) return false;
    this.room -= 1;
    this.got.push([name, JSON.parse(data)]);
    return true;
  }

  beat(): void {
    this.beats += 1;
  }

  end(): void {
    this.ended = true;
  }

  /** Names since the last question. */
  names(): string[] {
    return this.got.splice(0).map(([name]) => name);
  }
}

const counters = { datagramsIn: 0, datagramsOut: 0, bytesIn: 0, bytesOut: 0, sendErrors: 0, dropped: {} };

async function rigWith(viewers = 1): Promise<{
  rig: ReturnType<typeof sessionRig>;
  events: ViewerEvents;
  stream: Stream;
  sessions: Session[];
  report: (bitrateBps?: number, width?: number) => void;
  flow: (flowing: boolean) => void;
}> {
  const rig = sessionRig();
  const reports = new Reports(rig.plane);
  const events = new ViewerEvents({
    plane: rig.plane,
    streams: rig.deps.streams,
    reports,
    clock: rig.deps.clock,
  });
  await openPublisher(rig.deps, offerFor('a'));
  const sessions: Session[] = [];
  for (let i = 0; i < viewers; i += 1) {
    sessions.push(await openViewer(rig.deps, offerFor('a')));
    await rig.gateway.peers.at(-1)?.connect();
  }
  const stream = rig.deps.streams.find(streamName('a'));
  if (stream === undefined) throw new Error('the stream was not opened');
  const { publication } = stream;
  const report = (bitrateBps = 1_000, width = 640): void => {
    rig.clock.atMs += 1_000;
    const layer = { layer: 0, rid: '', bitrateBps, width, height: 360 } as LayerReport;
    const tracks = [{ kind: 'video' as const, codec: 'h264' as const, layers: [layer] }];
    const publications = [{ publication, publisher: undefined, tracks, viewers: nothingSent }];
    const all: PlaneReport = { atMs: 1, loopDelayMs: 0, peers: [], counters, workers: [], publications };
    rig.plane.raise({ type: 'report', report: all });
  };
  const flow = (flowing: boolean): void => rig.plane.raise({ type: 'media-flows', publication, flowing });
  return { rig, events, stream, sessions, report, flow };
}

const all = { names: viewerEventNames, shape: 'grouped' } as const;

describe('an event stream', () => {
  test('begins with how things are, then tells what changes', async () => {
    const { events, sessions, report, flow, rig } = await rigWith();
    flow(true);
    report();
    const channel = events.open({ session: sessions[0]!, ...all });
    const reader = new Reader();
    events.read(channel, reader);
    expect(reader.got[1]).toMatchObject([
      'layers',
      {
        0: { active: [{ bitrate: 1_000, width: 640, layers: [{ spatialLayerId: 0, temporalLayerId: 0 }] }] },
      },
    ]);
    expect(reader.got[2]).toEqual(['viewercount', { viewercount: 1 }]);
    expect(reader.names()).toEqual(['active', 'layers', 'viewercount']);
    report(2_000);
    expect(reader.names()).toEqual([]);
    report(2_000, 1_280);
    expect(reader.names()).toEqual(['layers']);
    flow(false);
    flow(true);
    expect(reader.names()).toEqual(['inactive', 'active']);
    await openViewer(rig.deps, offerFor('a'));
    await rig.gateway.peers.at(-1)?.connect();
    report(2_000, 1_280);
    expect(reader.got).toEqual([['viewercount', { viewercount: 2 }]]);
  });

  test('counts only viewers that are connected', async () => {
    const { events, sessions, report, rig } = await rigWith();
    report();
    const reader = new Reader();
    events.read(events.open({ session: sessions[0]!, ...all, names: ['viewercount'] }), reader);
    await openViewer(rig.deps, offerFor('a'));
    report();
    expect(reader.got.splice(0)).toEqual([['viewercount', { viewercount: 1 }]]);
    const late = rig.gateway.peers.at(-1);
    await late?.connect();
    report();
    await late?.fall();
    report();
    expect(reader.got.map(([, data]) => data)).toEqual([{ viewercount: 2 }, { viewercount: 1 }]);
  });

  test('tells changed rates now and then, and gives signs of life', async () => {
    const { events, sessions, report } = await rigWith();
    report();
    const reader = new Reader();
    events.read(events.open({ session: sessions[0]!, ...all }), reader);
    reader.names();
    for (let second = 0; second < 45; second += 1) report(1_000 + second);
    expect(reader.names()).toEqual(['layers', 'layers', 'layers', 'layers']);
    expect(reader.beats).toBeGreaterThanOrEqual(3);
  });

  test('has no inactive at the beginning, and only the events that were asked for', async () => {
    const { events, sessions, flow, report } = await rigWith();
    report();
    const [session] = sessions;
    const reader = new Reader();
    events.read(events.open({ session: session!, names: ['active', 'inactive'], shape: 'grouped' }), reader);
    expect(reader.names()).toEqual([]);
    flow(true);
    events.reconnect(() => undefined);
    expect(reader.names()).toEqual(['active']);
  });

  test('a slow reader skips what is old: it gets the newest of each kind when there is room', async () => {
    const { events, sessions, flow, report } = await rigWith();
    report();
    const channel = events.open({ session: sessions[0]!, ...all });
    const reader = new Reader();
    events.read(channel, reader);
    reader.names();
    reader.room = 0;
    for (let i = 0; i < 50; i += 1) {
      flow(i % 2 === 0);
      report(1_000, 100 + i);
    }
    expect(reader.got).toEqual([]);
    reader.room = 1;
    channel.resume();
    expect(reader.names()).toEqual(['inactive']);
    reader.room = 9;
    channel.resume();
    expect(reader.got).toMatchObject([['layers', { 0: { active: [{ width: 149 }] } }]]);
  });

  test('a reader that comes again learns what it missed; the one before is done', async () => {
    const { events, sessions, flow } = await rigWith();
    flow(true);
    const channel = events.open({ session: sessions[0]!, ...all });
    const [first, second] = [new Reader(), new Reader()];
    const reading = events.read(channel, first);
    reading[Symbol.dispose]();
    flow(false);
    events.read(channel, second);
    expect(second.names()).toEqual(['inactive', 'viewercount']);
    const third = new Reader();
    events.read(channel, third);
    expect([second.ended, third.ended]).toEqual([true, false]);
  });

  test('lists layers flat on request, by the index of the m-line with video', async () => {
    const { events, sessions, report } = await rigWith();
    report();
    const session = {
      ...sessions[0]!,
      peer: {
        ...sessions[0]!.peer,
        answer: 'v=0\r\nm=audio 9 X 0\r\nm=video 9 X 0\r\n',
        closed: sessions[0]!.peer.closed,
      },
    } as Session;
    const reader = new Reader();
    events.read(events.open({ session, names: ['layers'], shape: 'list' }), reader);
    expect(reader.got).toEqual([
      [
        'layers',
        {
          1: [
            {
              simulcastIdx: 0,
              spatialLayerId: 0,
              temporalLayerId: 0,
              bitrate: 1_000,
              width: 640,
              height: 360,
            },
          ],
        },
      ],
    ]);
  });
});

describe('the end of an event stream', () => {
  test('comes with its session, or when it is closed; then it is not found', async () => {
    const { events, sessions, rig } = await rigWith(2);
    const [one, two] = sessions;
    const channels = [one!, two!].map((session) => events.open({ session, ...all }));
    const readers = channels.map((channel) => {
      const reader = new Reader();
      events.read(channel, reader);
      return reader;
    });
    events.close(channels[0]!);
    expect(readers.map(({ ended }) => ended)).toEqual([true, false]);
    expect(events.find(one!, channels[0]!.id)).toBeUndefined();
    await rig.gateway.peers.at(-1)?.[Symbol.asyncDispose]();
    await settle();
    expect(readers[1]?.ended).toBe(true);
    expect(events.find(two!, channels[1]!.id)).toBeUndefined();
  });

  test('comes when nobody has read it for a minute', async () => {
    const { events, sessions, report } = await rigWith();
    const session = sessions[0]!;
    const [unread, read] = [events.open({ session, ...all }), events.open({ session, ...all })];
    events.read(read, new Reader());
    for (let second = 0; second < 62; second += 1) report();
    expect(events.find(session, unread.id)).toBeUndefined();
    expect(events.find(session, read.id)).toBe(read);
  });

  test('makes room for others: four at a time, one that is not read goes first', async () => {
    const { events, sessions } = await rigWith();
    const session = sessions[0]!;
    const channels = [1, 2, 3, 4].map(() => events.open({ session, ...all }));
    for (const channel of channels.slice(1)) events.read(channel, new Reader());
    const fifth = events.open({ session, ...all });
    expect(events.find(session, channels[0]!.id)).toBeUndefined();
    events.read(fifth, new Reader());
    expect(() => events.open({ session, ...all })).toThrow('4 event streams');
  });
});

test('players are sent to another node, or back where they came from; an operator moves some', async () => {
  const { events, sessions } = await rigWith(2);
  const [mine, yours] = sessions.map((session) => {
    const reader = new Reader();
    events.read(events.open({ session, names: ['reconnect'], shape: 'grouped' }), reader);
    return reader;
  });
  events.moveAll('https://b.example.org/');
  expect(mine!.got.splice(0)).toEqual([['reconnect', { url: 'https://b.example.org/whep/a' }]]);
  events.moveAll(undefined);
  expect(yours!.got.splice(0).at(-1)).toEqual(['reconnect', {}]);
  mine!.got.splice(0);
  events.reconnect(
    () => 'https://c.example.org/whep/a',
    (session) => session === sessions[0],
  );
  expect([mine!.got.length, yours!.got.length]).toEqual([1, 0]);
});
