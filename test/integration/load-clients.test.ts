import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LoadClients } from '../../bench/kit/load-clients.ts';
import type { GroupCounts } from '../../bench/kit/load-addon.ts';
import { loopedStream } from '../../bench/kit/looped-stream.ts';
import { type Gateway, startGateway } from '#test/kit/gateway.ts';
import { makeRecording } from '#test/kit/recording.ts';
import { until } from '#test/kit/wait.ts';

/** What befell the media on its way to the one client. */
interface Mischief extends AsyncDisposable {
  readonly port: number;
  readonly dropped: number;
  readonly doubled: number;
  readonly damaged: number;
  /** From now on, or no longer. */
  meddle(on: boolean): void;
}

const life = new AsyncDisposableStack();
let gateway: Gateway;
let clients: LoadClients;

beforeAll(async () => {
  const stream = loopedStream(
    await makeRecording({
      codec: 'h264',
      width: 320,
      height: 180,
      bitrateBps: 800_000,
      seconds: 4,
      keyframeSeconds: 2,
    }),
  );
  gateway = life.use(await startGateway({ env: { FRONTROW_BRIDGE__FFMPEG_PATH: '/nonexistent/ffmpeg' } }));
  clients = life.use(await LoadClients.open());
  await clients.publish(gateway.url('/whip/load'), stream);
  await until('the stream is live', async () => (await gateway.stream('load'))?.live, { timeoutMs: 20_000 });
});
afterAll(() => life.disposeAsync());

describe('the viewers that the load benches trust', () => {
  it('count nothing wrong where nothing is, and get again what they throw away', async () => {
    const viewer = await clients.addViewer(gateway.url('/whep/load'), { group: 0, pretendLossPpm: 20_000 });
    const counts = await settled(0, (now) => now.packets > 1_000 && now.pretended > 5);
    expect(counts).toMatchObject({ badTags: 0, duplicates: 0, lost: 0, pretendedLost: 0, failed: 0 });
    expect(counts.repaired).toBeGreaterThanOrEqual(counts.pretended);
    expect(counts.reports).toBeGreaterThan(1);
    expect(counts.senderReports).toBeGreaterThan(1);
    expect(counts.delays.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(100);
    clients.removeViewer(viewer);
  });

  it('notice every packet that is left out, doubled or damaged', async () => {
    await using way = await openMischief(gateway.rtcPort);
    const behaviour = { group: 1, pretendLossPpm: 0, port: way.port } as const;
    const viewer = await clients.addViewer(gateway.url('/whep/load'), behaviour);
    await until('media comes', () => clients.group(1).packets > 200, { timeoutMs: 20_000 });
    way.meddle(true);
    await until('enough went wrong', () => way.damaged > 8, { timeoutMs: 60_000 });
    way.meddle(false);
    // Ten requests, a tenth of a second apart, and then a number is given up.
    await sleep(2_000);
    const counts = clients.group(1);
    expect(counts.badTags).toBe(way.damaged);
    expect(counts.duplicates).toBe(way.doubled);
    expect(counts.holes).toBe(way.dropped + way.damaged);
    // Sound is not asked for again: what was lost of it stays lost, and no more.
    expect(counts.repaired + counts.lost).toBe(counts.holes);
    expect(counts.repaired).toBeGreaterThan(0);
    clients.removeViewer(viewer);
  });
});

/** Waits for enough, then for numbers that are still asked for. */
async function settled(group: 0 | 1, enough: (now: GroupCounts) => boolean): Promise<GroupCounts> {
  await until('enough packets came', () => enough(clients.group(group)), { timeoutMs: 60_000 });
  await sleep(1_500);
  return clients.group(group);
}

/** A way to the gateway on which first-time media packets suffer, each in its turn; repairs get through. */
async function openMischief(gatewayPort: number): Promise<Mischief> {
  const [door, onward] = await Promise.all([bound(), bound()]);
  const counts = { dropped: 0, doubled: 0, damaged: 0 };
  let clientPort = 0;
  let meddles = false;
  let number = 0;
  door.on('message', (datagram, { port }) => {
    clientPort = port;
    onward.send(datagram, gatewayPort, '127.0.0.1');
  });
  onward.on('message', (datagram: Buffer) => {
    const pass = (): void => door.send(datagram, clientPort, '127.0.0.1');
    number += isFirstMedia(datagram) ? 1 : 0;
    if (!meddles || !isFirstMedia(datagram) || number % 10 !== 0) {
      pass();
    } else if (number % 30 === 0) {
      counts.dropped++;
    } else if (number % 30 === 10) {
      counts.doubled++;
      pass();
      pass();
    } else {
      counts.damaged++;
      datagram[datagram.length - 20]! ^= 1;
      pass();
    }
  });
  return {
    port: door.address().port,
    get dropped() {
      return counts.dropped;
    },
    get doubled() {
      return counts.doubled;
    },
    get damaged() {
      return counts.damaged;
    },
    meddle: (on) => void (meddles = on),
    async [Symbol.asyncDispose]() {
      for (const socket of [door, onward]) {
        socket.close();
        await once(socket, 'close');
      }
    },
  };
}

/** SRTP that is neither RTCP nor a retransmission (payload type 97 of the load clients' offers). */
function isFirstMedia(datagram: Buffer): boolean {
  const [first = 0, second = 0] = datagram;
  const isRtcp = second >= 192 && second <= 223;
  return first >= 128 && first < 192 && !isRtcp && (second & 0x7f) !== 97;
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }).bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
