import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublicationId } from '#src/core/ids.ts';
import { silentLog } from '#src/core/log.ts';
import type { MediaPlane } from '#src/core/plane.ts';
import { RtcpWriter } from '#src/rtp/rtcp/writer.ts';
import { openMediaPlane } from '#src/media/worker-plane.ts';
import { EventLog, eventually, type TestPeer } from './media-kit.ts';
import {
  framesOf,
  joinViewer,
  openPublication,
  readRtcp,
  TestPublisher,
  viewerSsrc,
} from './media-streams.ts';

const workers = 3;
/** Every viewer goes to the worker with the fewest. */
const prices = { homeCost: 0, mirrorCost: 0 };

describe('a media plane of several workers', () => {
  let plane: MediaPlane;
  let events: EventLog;
  let publication: PublicationId;

  beforeEach(async () => {
    plane = await openMediaPlane({ port: 0, address: '127.0.0.1', workers, prices }, silentLog);
    events = new EventLog(plane);
    publication = openPublication(plane);
  });

  afterEach(async () => {
    await plane[Symbol.asyncDispose]();
  });

  /** Viewers of all workers, their tracks at work. */
  async function joinViewers(count: number): Promise<TestPeer[]> {
    const viewers = await Promise.all(Array.from({ length: count }, () => joinViewer(plane, publication)));
    await eventually('secure viewers', () => {
      const peers = events.of('report').at(-1)?.report.peers ?? [];
      return viewers.every(({ id }) => peers.some((peer) => peer.peer === id && peer.secure));
    });
    return viewers;
  }

  const picturesOf = (publisher: TestPublisher): number => {
    let requests = 0;
    readRtcp(publisher.peer, { pli: () => (requests += 1) });
    return requests;
  };

  it('gives every viewer every packet, whichever port it is on', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewers = await joinViewers(2 * workers);
    const ports = viewers.map(({ planePort }) => planePort);
    expect(new Set(ports)).toEqual(new Set(plane.ports));
    expect(publisher.peer.planePort).toBe(plane.port);
    const sent = [publisher.frame('key')];
    for (let frame = 0; frame < 40; frame++) {
      sent.push(publisher.frame('delta'));
      publisher.audio(500 + frame, frame * 960);
    }
    await eventually('all frames', () => viewers.every(({ rtp }) => rtp.length === 81));
    for (const viewer of viewers) {
      expect(framesOf(viewer)).toEqual(sent);
      const video = viewer.rtp.filter(({ ssrc }) => ssrc === viewerSsrc.video);
      expect(video.map(({ payload }) => payload)).toEqual(
        [...publisher.sent.values()].map(({ payload }) => payload),
      );
    }
    expect(events.of('media-flows').map(({ flowing }) => flowing)).toEqual([true]);
  });

  it('answers losses where the viewer is', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewers = await joinViewers(workers);
    for (const viewer of viewers) viewer.loses = ({ payload }) => payload.includes('delta 102');
    const frames = [publisher.frame('key'), publisher.frame('delta'), publisher.frame('delta')];
    await eventually('the rest', () => viewers.every(({ rtp }) => rtp.length === 2));
    publisher.frame('delta');
    await eventually('the rest', () => viewers.every(({ rtp }) => rtp.length === 3));
    expect(frames[2]).toContain('delta 102');
    for (const viewer of viewers) {
      viewer.loses = () => false;
      const writer = new RtcpWriter(9, 'viewer');
      writer.begin();
      writer.nack(viewerSsrc.video, [((viewer.rtp[1]?.sequence ?? 0) + 1) & 0xffff]);
      viewer.sendRtcp(writer.end());
    }
    await eventually('retransmissions', () => {
      return viewers.every(({ rtp }) =>
        rtp.some(({ ssrc, payload }) => {
          return ssrc === viewerSsrc.videoRtx && payload.includes('delta 102');
        }),
      );
    });
  });

  it('hands keyframe requests of viewers elsewhere to the publisher', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewers = await joinViewers(workers);
    publisher.frame('key');
    await eventually('a picture', () => viewers.every(({ rtp }) => rtp.length === 1));
    const before = picturesOf(publisher);
    const remote = viewers.find(({ planePort }) => planePort !== publisher.peer.planePort)!;
    const writer = new RtcpWriter(9, 'viewer');
    writer.begin();
    writer.pli(viewerSsrc.video);
    remote.sendRtcp(writer.end());
    await eventually('a request', () => picturesOf(publisher) > before);
  });

  it('begins with the picture that is there, for a viewer elsewhere too', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    await joinViewer(plane, publication);
    const past = [publisher.frame('key'), publisher.frame('delta')];
    await eventually('the stream', () => events.of('media-flows').length === 1);
    const late = await joinViewers(workers - 1);
    expect(late.map(({ planePort }) => planePort)).not.toContain(publisher.peer.planePort);
    const live = publisher.frame('delta');
    await eventually('the present', () => late.every((viewer) => framesOf(viewer).includes(live)));
    for (const viewer of late) expect(framesOf(viewer)).toEqual([...past, live]);
  });

  it('asks for a first keyframe for a viewer elsewhere', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewers = await joinViewers(workers);
    publisher.frame('delta');
    await eventually('a request', () => picturesOf(publisher) > 0);
    const key = publisher.frame('key');
    await eventually('a picture', () => viewers.every((viewer) => framesOf(viewer).includes(key)));
  });

  it('shows a takeover and an end to viewers elsewhere', async () => {
    const first = await TestPublisher.join(plane, publication);
    const viewers = await joinViewers(workers);
    const sent = [first.frame('key'), first.frame('delta')];
    await eventually('the first', () => viewers.every(({ rtp }) => rtp.length === 2));
    const second = await TestPublisher.join(plane, publication, { sequence: 9_000 });
    await eventually('the takeover', () => {
      return events.of('report').at(-1)?.report.publications[0]?.publisher === second.peer.id;
    });
    first.frame('delta');
    sent.push(second.frame('key'), second.frame('delta'));
    await eventually('the second', () => viewers.every(({ rtp }) => rtp.length === 4));
    for (const viewer of viewers) {
      expect(framesOf(viewer)).toEqual(sent);
      const sequences = viewer.rtp.map(({ sequence }) => sequence);
      expect(sequences.map((sequence) => (sequence - (sequences[0] ?? 0)) & 0xffff)).toEqual([0, 1, 2, 3]);
    }
    await second.peer[Symbol.asyncDispose]();
    await eventually('the end', () => {
      const report = events.of('report').at(-1)?.report.publications[0];
      return report !== undefined && report.publisher === undefined;
    });
  });

  it('adds the reports of all workers up', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewers = await joinViewers(workers);
    publisher.frame('key');
    await eventually('a picture', () => viewers.every(({ rtp }) => rtp.length === 1));
    await eventually('a report of all', () => {
      const report = events.of('report').at(-1)?.report;
      return (
        report?.publications.length === 1 &&
        report.publications[0]?.tracks[0]?.layers[0]?.packets === 1 &&
        report.peers.length === workers + 1 &&
        report.peers.filter(({ packetsSent }) => packetsSent === 1).length === workers
      );
    });
    const report = events.of('report').at(-1)!.report;
    expect(report.workers.map(({ port }) => port)).toEqual(plane.ports);
    expect(report.workers.map(({ mirrored }) => mirrored)).toEqual([0, 1, 1]);
    const sum = report.workers.reduce((total, { datagramsOut }) => total + datagramsOut, 0);
    expect(report.counters.datagramsOut).toBe(sum);
    const told = report.publications[0];
    expect(told?.tracks[0]?.layers[0]?.viewers).toBe(workers);
    expect(told?.viewers.packetsSent).toBe(workers);
    for (const viewer of viewers) await viewer[Symbol.asyncDispose]();
    await eventually('nobody but the publisher', () => events.of('report').at(-1)?.report.peers.length === 1);
    const afterwards = events.of('report').at(-1)?.report.publications[0];
    expect(afterwards?.tracks[0]?.layers[0]?.viewers).toBe(0);
    expect(afterwards?.viewers.packetsSent).toBe(workers);
  });

  it('gives up an image when its last viewer leaves, and makes a new one', async () => {
    const publisher = await TestPublisher.join(plane, publication);
    const viewers = await joinViewers(workers);
    publisher.frame('key');
    await eventually('a picture', () => viewers.every(({ rtp }) => rtp.length === 1));
    const remote = viewers.filter(({ planePort }) => planePort !== publisher.peer.planePort);
    for (const viewer of remote) await viewer[Symbol.asyncDispose]();
    publisher.frame('delta');
    await eventually('two peers', () => events.of('report').at(-1)?.report.peers.length === 2);
    const mirrored = events
      .of('report')
      .at(-1)
      ?.report.workers.map((worker) => worker.mirrored);
    const again = await joinViewers(workers - 1);
    expect(again.every(({ planePort }) => planePort !== publisher.peer.planePort)).toBe(true);
    const key = publisher.frame('key');
    await eventually('a picture again', () => again.every((viewer) => framesOf(viewer).includes(key)));
    expect(mirrored).toEqual([0, 1, 1]);
  });
});

it('takes consecutive ports, and says which setting is wrong when there are none', async () => {
  const free = await openMediaPlane({ port: 0, address: '127.0.0.1', inline: true }, silentLog);
  const taken = openMediaPlane({ port: free.port, address: '127.0.0.1', workers: 2 }, silentLog);
  await expect(taken).rejects.toMatchObject({ code: 'rtc-port-in-use' });
  await free[Symbol.asyncDispose]();
  const tooHigh = openMediaPlane({ port: 65_535, address: '127.0.0.1', workers: 2 }, silentLog);
  await expect(tooHigh).rejects.toMatchObject({ code: 'rtc-ports-too-high' });
});

it('ends as a whole when one worker dies', async () => {
  const started: Worker[] = [];
  const note = (worker: Worker): void => void started.push(worker);
  process.on('worker', note);
  const plane = await openMediaPlane({ port: 0, address: '127.0.0.1', workers: 2 }, silentLog);
  process.off('worker', note);
  await started[1]?.terminate();
  expect(await plane.closed).toMatchObject({ by: 'failure', error: expect.any(Error) as unknown });
  await plane[Symbol.asyncDispose]();
});
