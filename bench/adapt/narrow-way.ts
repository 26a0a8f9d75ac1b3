import { openOtherSide, type OtherSide } from '#test/kit/other-side.ts';

/** A way to a place of its own, whose width and losses can be set. */
export interface NarrowWay extends Pick<OtherSide, 'hereIp' | 'browserPath'>, AsyncDisposable {
  /** Limits what goes to the other side. */
  setRate(bitsPerSecond: number): Promise<void>;
  /** Share of UDP datagrams to the other side that are lost at random, 0 to 1. */
  setLoss(share: number): Promise<void>;
}

/** What a home router's queue holds before it drops. */
const queueMs = 200;
/** A burst of the token bucket: some full packets. */
const burstBytes = 16_000;

/** Needs root and iproute2. Everything goes with the namespace when it is disposed of. */
export async function openNarrowWay(chromiumPath: string): Promise<NarrowWay> {
  const side = await openOtherSide(chromiumPath);
  return {
    hereIp: side.hereIp,
    browserPath: side.browserPath,
    setRate: (bitsPerSecond) =>
      side.queue(
        ...['root', 'tbf', 'rate', `${bitsPerSecond}bit`],
        ...['burst', String(burstBytes), 'latency', `${queueMs}ms`],
      ),
    setLoss: (share) => side.filter('egress', lossProgram(share)),
    [Symbol.asyncDispose]: () => side[Symbol.asyncDispose](),
  };
}

/** Drops a UDP datagram when a random number is high enough; netem would do, but many kernels lack it. */
function lossProgram(share: number): readonly string[] {
  const threshold = Math.round((1 - share) * 2 ** 32);
  if (threshold >= 2 ** 32) return ['6 0 0 4294967295'];
  return [
    '48 0 0 23', // load the byte behind the Ethernet header that holds IPv4's protocol
    '21 0 3 17', // not UDP: to the end
    '32 0 0 4294963256', // load a random number (SKF_AD_RANDOM)
    `53 0 1 ${threshold}`, // below: to the end
    '6 0 0 2',
    '6 0 0 4294967295',
  ];
}
